/**
 * By hand: `large csv|jsonl|parquet GIGABYTES` reads a file that is larger than a string, a Buffer or 32 bits can
 * hold, made while it is read, and prints rows, seconds and the peak of memory. Parquet is written by DuckDB first, to
 * a temporary folder. Every row is counted, and the sum of its numbers is checked.
 */
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ByteSource, readBatches } from "@conn/formats";
import { DuckDBInstance } from "@duckdb/node-api";

const [format = "csv", gigabytes = "3"] = process.argv.slice(2);
const size = Number(gigabytes) * 1e9;
const folder = await mkdtemp(join(tmpdir(), "conn-large-"));
try {
  const source = format === "parquet" ? await parquetFile() : generated();
  const started = performance.now();
  let [rows, sum] = [0, 0];
  for await (const batch of readBatches(source, { limits: { decompressedSize: Infinity } })) {
    for (const { id } of batch) sum += Number(id);
    rows += batch.length;
  }
  if (rows === 0 || sum !== (rows * (rows - 1)) / 2) throw new Error(`${rows} rows, sum ${sum}`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const peak = Math.round(process.resourceUsage().maxRSS / 1000);
  console.log(`${format}: ${rows} rows of ${gigabytes} GB in ${seconds} s, peak ${peak} MB`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Rows of CSV or JSONL until the size is reached. */
function generated(): ByteSource {
  const jsonl = format === "jsonl";
  return {
    name: `pets.${format}`,
    size: undefined,
    read: async () => new Uint8Array(),
    stream: async function* () {
      let text = jsonl ? "" : "id,weight,pet,note\n";
      for (let [id, bytes] = [0, 0]; bytes < size; text = "") {
        for (let row = 0; row < 10_000; row++, id++) {
          const note = `what was seen of pet ${id} at noon, and what it had eaten until then`;
          text += jsonl
            ? `{"id":${id},"weight":${id / 8},"pet":"fish","note":"${note}"}\n`
            : `${id},${id / 8},fish,"${note}"\n`;
        }
        bytes += text.length;
        yield Buffer.from(text);
      }
    },
  };
}

async function parquetFile(): Promise<ByteSource> {
  const file = join(folder, "pets.parquet");
  const duckdb = await (await DuckDBInstance.create(":memory:")).connect();
  // A random double and a uuid of a row take 24 bytes, whatever the codec.
  await duckdb.run(
    `copy (select range as id, random() as weight, uuid() as tag from range(${Math.ceil(size / 24)}))
      to '${file}' (format parquet)`,
  );
  duckdb.closeSync();
  const handle = await open(file);
  return {
    name: file,
    size: (await handle.stat()).size,
    read: async (start, end) => {
      const bytes = Buffer.alloc(end - start);
      await handle.read(bytes, 0, bytes.length, start);
      return bytes;
    },
    stream: () => handle.createReadStream({ autoClose: false }),
  };
}
