/**
 * CPU milliseconds of reading a file of pets into memory: `formats CONTESTANT FILE`, the format by the file's
 * extension. conn gives a Table, a peer what it gives by itself. Each reads once before, as a server that
 * has run for a while; the mean of two more counts. `… memory` prints instead the megabytes that the process
 * took at its peak, for one reading.
 */
import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { connection } from "@conn/core";
import type {} from "@conn/files";

const [contestant = "", file = "", memory] = process.argv.slice(2);

const contestants: Readonly<Record<string, () => Promise<() => Promise<unknown>>>> = {
  async conn() {
    const conn = await connection("pets", { type: "files", config: { root: dirname(file) } });
    await conn.client();
    return () => conn.read(basename(file), { ttl: 0 });
  },

  async papaparse() {
    const { default: papaparse } = await import("papaparse");
    return async () =>
      papaparse.parse(await readFile(file, "utf8"), {
        header: true,
        dynamicTyping: true,
        skipEmptyLines: true,
      }).data;
  },

  async "csv-parse"() {
    const { parse } = await import("csv-parse/sync");
    return async () => parse(await readFile(file), { columns: true, cast: true, cast_date: true });
  },

  async "udsv to objects"() {
    const { inferSchema, initParser } = await import("udsv");
    return async () => {
      const text = await readFile(file, "utf8");
      return initParser(inferSchema(text)).typedObjs(text);
    };
  },

  async "udsv to columns"() {
    const { inferSchema, initParser } = await import("udsv");
    return async () => {
      const text = await readFile(file, "utf8");
      return initParser(inferSchema(text)).typedCols(text);
    };
  },

  async "hyparquet to rows"() {
    const [{ asyncBufferFromFile, parquetReadObjects }, { compressors }] = await Promise.all([
      import("hyparquet"),
      import("hyparquet-compressors"),
    ]);
    return async () =>
      parquetReadObjects({ file: await asyncBufferFromFile(file), compressors, utf8: false });
  },

  async "hyparquet to columns"() {
    const [{ asyncBufferFromFile, parquetRead }, { compressors }] = await Promise.all([
      import("hyparquet"),
      import("hyparquet-compressors"),
    ]);
    return async () => {
      const chunks: unknown[] = [];
      await parquetRead({
        file: await asyncBufferFromFile(file),
        compressors,
        utf8: false,
        onChunk: (chunk) => chunks.push(chunk),
      });
      return chunks;
    };
  },

  async "parquet-wasm to Arrow"() {
    const arrow = await arrowTable();
    return async () => arrow(await readFile(file));
  },

  async "parquet-wasm to rows"() {
    const arrow = await arrowTable();
    return async () => arrow(await readFile(file)).toArray();
  },

  async "JSON.parse in batches"() {
    return async () => {
      const text = await readFile(file, "utf8");
      const rows: unknown[] = [];
      const size = 1 << 20;
      for (let start = 0; start < text.length;) {
        const found = text.indexOf("\n", start + size);
        const end = found < 0 ? text.length : found;
        const lines = text.slice(start, end).trimEnd().replaceAll("\n", ",");
        for (const row of JSON.parse(`[${lines}]`) as unknown[]) rows.push(row);
        start = end + 1;
      }
      return rows;
    };
  },

  async "DuckDB to columns"() {
    const { DuckDBInstance } = await import("@duckdb/node-api");
    const handle = await (await DuckDBInstance.create(":memory:")).connect();
    return async () => (await handle.runAndReadAll(`select * from '${file}'`)).getColumnsJS();
  },
};

const read = await contestants[contestant]!();
if (memory !== undefined) {
  await read();
  console.log(process.resourceUsage().maxRSS / 1000);
} else {
  await read();
  const start = process.cpuUsage();
  for (let round = 0; round < 2; round++) await read();
  const { user, system } = process.cpuUsage(start);
  console.log((user + system) / 1000 / 2);
}

async function arrowTable(): Promise<(bytes: Uint8Array) => { toArray(): unknown[] }> {
  const [{ readParquet }, { tableFromIPC }] = await Promise.all([
    import("parquet-wasm"),
    import("@uwdata/flechette"),
  ]);
  return (bytes) => tableFromIPC(readParquet(bytes).intoIPCStream());
}
