import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { alternate, pythonProgram, result, type Result, script } from "./measure.ts";

/** Bytes of the CSV and of the JSONL, at least. */
const size = 100e6;

/** The contestants of each format beside conn; the peaks of all are told. */
const peers: Readonly<Record<string, readonly string[]>> = {
  "pets.csv": ["papaparse", "csv-parse", "udsv to objects", "udsv to columns", "DuckDB to columns"],
  "pets.parquet": [
    "hyparquet to rows",
    "hyparquet to columns",
    "parquet-wasm to Arrow",
    "parquet-wasm to rows",
    "DuckDB to columns",
  ],
  "pets.jsonl": ["JSON.parse in batches", "DuckDB to columns"],
};

const titles: Readonly<Record<string, string>> = {
  "pets.csv": "CSV of 100 MB to a Table",
  "pets.parquet": "Parquet of 1,000,000 x 6, snappy, to a Table",
  "pets.jsonl": "JSONL of 100 MB to a Table",
};

/** Files of pets in memory: as a Table beside what other readers make of them, and the peak of each. */
export async function measureFormats(): Promise<Result[]> {
  const folder = await mkdtemp(join(tmpdir(), "conn-formats-"));
  try {
    await writeFiles(folder);
    const results: Result[] = [];
    for (const name of Object.keys(peers)) results.push(...(await measure(folder, name)));
    return results;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(folder: string, name: string): Promise<Result[]> {
  const file = join(folder, name);
  const names = ["conn", ...peers[name]!];
  const contestants = (...memory: string[]): Record<string, () => Promise<number | undefined>> => ({
    ...Object.fromEntries(
      names.map((each) => [each, () => script("formats", each, file, ...memory)]),
    ),
    pandas: () => pythonProgram("pandas_formats", file, ...memory),
  });
  const cpu = await alternate(3, contestants());
  const peak = await alternate(1, contestants("memory"));
  return Object.keys(cpu).flatMap((peer) => {
    // Where pandas has no reader for the format, there is nothing to compare with.
    if (peer === "conn" || cpu[peer] === undefined) return [];
    const most = { of: "ratio", most: 1 } as const;
    return [
      result(titles[name]!, "ms CPU", cpu["conn"]!, { name: peer, value: cpu[peer] }, most),
      result("peak memory of that", "MB", peak["conn"]!, { name: peer, value: peak[peer] }, most),
    ];
  });
}

/** The same pets in each format; equal on every run. */
async function writeFiles(folder: string): Promise<void> {
  await writeLines(join(folder, "pets.csv"), "id,weight,pet,fed,born,owner\n", (pet) =>
    Object.values(pet).join(","),
  );
  await writeLines(join(folder, "pets.jsonl"), "", (pet) => JSON.stringify(pet));
  const instance = await DuckDBInstance.create(":memory:");
  const duckdb = await instance.connect();
  await duckdb.run(
    `copy (select id, weight, pet, fed, born::timestamptz as born, owner from '${join(folder, "pets.csv")}' limit 1000000)
      to '${join(folder, "pets.parquet")}' (format parquet, compression snappy)`,
  );
  duckdb.closeSync();
  instance.closeSync();
}

type Pet = ReturnType<typeof pet>;

async function writeLines(file: string, head: string, line: (pet: Pet) => string): Promise<void> {
  const random = randomFrom(42);
  await using handle = await open(file, "w");
  let written = 0;
  for (let id = 0; written < size;) {
    let text = written === 0 ? head : "";
    for (let row = 0; row < 10_000; row++) text += `${line(pet(id++, random))}\n`;
    await handle.write(text);
    written += text.length;
  }
}

function pet(
  id: number,
  random: () => number,
): { id: number; weight: number; pet: string; fed: boolean; born: string; owner: string | null } {
  return {
    id,
    weight: Math.round(random() * 1e5) / 1e3,
    pet: ["cat", "dog", "fish", "puppy", "parrot"][id % 5]!,
    fed: random() < 0.5,
    born: new Date(1.6e12 + id * 1000).toISOString(),
    owner: id % 10 === 0 ? null : `owner ${Math.floor(random() * 1e6)} of a pet`,
  };
}

/** A linear congruential generator: numbers from 0 to below 1, the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) / 0x80000000;
}
