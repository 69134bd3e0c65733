import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { Table } from "@conn/core";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bytesSource, readBatches, readTable, writeTable } from "../src/index.ts";
import { source } from "./help.ts";

let folder = "";
let write: (sql: string, options?: string) => Promise<Buffer>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "conn-formats-"));
  const instance = await DuckDBInstance.create(":memory:");
  const duckdb = await instance.connect();
  await duckdb.run("set timezone = 'UTC'");
  let count = 0;
  write = async (sql, options = "") => {
    const file = join(folder, `${count++}.parquet`);
    await duckdb.run(`copy (${sql}) to '${file}' (format parquet ${options})`);
    return readFile(file);
  };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

it("reads every type of a file by DuckDB", async () => {
  const bytes = await write(`select * from (values
    (1::integer, 9007199254740993::bigint, 1.5::double, true, 'jerry', 12.50::decimal(20,2), date '1969-12-31',
     time '03:04:05.5', timestamp '2024-02-29 01:02:03.000004', timestamptz '1969-12-31 23:59:59.5+00',
     '6f2c2f2e-0000-4000-8000-000000000001'::uuid, 'ab'::blob, [1, null], {'a': 1, 'b': 'x'}, 18446744073709551615::ubigint),
    (null, null, null, null, null, null, null, null, null, null, null, null, null, null, null)
  ) t(i, l, d, b, s, dec, day, tim, wall, ts, id, raw, list, struct, u)`);
  const table = await readTable(source("pets.parquet", bytes));
  expect(Object.fromEntries(table.columns.map(({ name, type }) => [name, type]))).toEqual({
    i: "integer",
    l: "integer",
    d: "float",
    b: "boolean",
    s: "string",
    dec: "decimal",
    day: "date",
    tim: "time",
    wall: "datetime",
    ts: "timestamp",
    id: "uuid",
    raw: "bytes",
    list: "list",
    struct: "json",
    u: "integer",
  });
  expect(table.at(0)).toEqual({
    i: 1,
    l: 9007199254740993n,
    d: 1.5,
    b: true,
    s: "jerry",
    dec: "12.50",
    day: "1969-12-31",
    tim: "03:04:05.500",
    wall: "2024-02-29T01:02:03.000004",
    ts: new Date("1969-12-31T23:59:59.500Z"),
    id: "6f2c2f2e-0000-4000-8000-000000000001",
    raw: new Uint8Array([97, 98]),
    list: [1, null],
    struct: { a: 1, b: "x" },
    u: 18446744073709551615n,
  });
  expect(Object.values(table.at(1)!).every((cell) => cell === null)).toBe(true);
});

it.each(["uncompressed", "snappy", "gzip", "zstd", "brotli", "lz4_raw"])(
  "reads the codec %s",
  async (codec) => {
    const bytes = await write(
      "select range i, 'pet ' || range % 7 pet from range(5000)",
      `, codec ${codec}`,
    );
    const table = await readTable(source("pets.parquet", bytes));
    expect(table.length).toBe(5000);
    expect(table.at(4999)).toEqual({ i: 4999, pet: "pet 1" });
  },
);

it("reads a file whose name tells the codec of its pages", async () => {
  const bytes = await write("select 1 a", ", codec gzip");
  expect((await readTable(source("pets.parquet.gzip", bytes))).rows()).toEqual([{ a: 1 }]);
});

describe("reads no more than it needs", () => {
  const sql = "select range i, 'pet ' || range pet, range % 2 = 0 even from range(100000)";
  const counted = (bytes: Buffer) => {
    const whole = bytesSource("pets.parquet", bytes);
    const count = { bytes: 0 };
    const read: typeof whole.read = async (start, end) => {
      count.bytes += end - start;
      return whole.read(start, end);
    };
    return { count, source: { ...whole, read } };
  };

  it("of columns, of row groups that cannot pass, and of rows behind the limit", async () => {
    const bytes = await write(sql, ", row_group_size 10000");
    const one = counted(bytes);
    const column = await readTable(one.source, { columns: ["even"] });
    expect(column.length).toBe(100_000);
    expect(one.count.bytes).toBeLessThan(bytes.length / 3);

    const some = counted(bytes);
    const where = { i: { ">=": 95_000, "<": 95_010 } };
    const rows = await readTable(some.source, { where, columns: ["pet"] });
    expect(rows.rows().map(({ pet }) => pet)).toEqual(
      Array.from({ length: 10 }, (_, index) => `pet ${95_000 + index}`),
    );
    expect(some.count.bytes).toBeLessThan(bytes.length / 3);

    const few = counted(bytes);
    expect((await readTable(few.source, { limit: 5 })).length).toBe(5);
    expect(few.count.bytes).toBeLessThan(bytes.length / 3);
  });

  it("in batches", async () => {
    const bytes = await write(sql, ", row_group_size 20000");
    let rows = 0;
    for await (const batch of readBatches(source("pets.parquet", bytes), { batchSize: 3000 })) {
      expect(batch.length).toBeLessThanOrEqual(3000);
      rows += batch.length;
    }
    expect(rows).toBe(100_000);
  });
});

it.each([
  ["cut off", (bytes: Buffer) => bytes.subarray(0, -100)],
  [
    "of wrong magic",
    (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -4), Buffer.from("PARX")]),
  ],
  [
    "with a footer longer than the file",
    (bytes: Buffer) => {
      const copy = Buffer.from(bytes);
      copy.writeUInt32LE(0x7fffffff, copy.length - 8);
      return copy;
    },
  ],
  ["empty", () => Buffer.alloc(0)],
])("refuses a file that is %s", async (_name, change) => {
  const bytes = await write("select 1 a from range(1000)");
  await expect(readTable(source("pets.parquet", change(bytes)))).rejects.toMatchObject({
    code: "CONN_FORMAT",
  });
});

it("refuses more than the limits allow before it reads it", async () => {
  const bytes = await write("select 1 a, 2 b from range(1000000)");
  for (const limits of [{ cells: 1_999_999 }, { decompressedSize: 100 }])
    await expect(readTable(source("pets.parquet", bytes), { limits })).rejects.toMatchObject({
      code: "CONN_LIMIT",
    });
});

const ages = Array.from({ length: 100 }, (_, index) => index);

/** A file of one page of ages whose header is made here: the writer makes none with a checksum. */
async function withPage(claimed: number, checksum: (data: Uint8Array) => number): Promise<Buffer> {
  const { parquetMetadata } = await import("hyparquet");
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const written = parquetWriteBuffer({
    columnData: [{ name: "age", data: ages, type: "INT32", nullable: false, encoding: "PLAIN" }],
    codec: "UNCOMPRESSED",
  });
  const bytes = Buffer.from(written);
  const meta = parquetMetadata(written).row_groups[0]!.columns[0]!.meta_data!;
  const start = Number(meta.data_page_offset);
  const end = start + Number(meta.total_compressed_size);
  const data = bytes.subarray(end - ages.length * 4, end);
  const size = integer(data.length);
  const head = [0x15, 0, 0x15, ...size, 0x15, ...size, 0x15, ...integer(checksum(data) | 0)];
  const values = [0x1c, 0x15, ...integer(claimed), 0x15, 0, 0x15, 6, 0x15, 6, 0, 0];
  const page = Buffer.concat([Buffer.from([...head, ...values]), data]);
  // How the footer has the column's values and sizes; the new ones take as many bytes.
  const sizes = (uncompressed: number, compressed: number): Buffer =>
    Buffer.from(
      [ages.length, uncompressed, compressed].flatMap((value) => [0x16, ...integer(value)]),
    );
  const before = sizes(Number(meta.total_uncompressed_size), Number(meta.total_compressed_size));
  const at = bytes.indexOf(before, end);
  expect(at).toBeGreaterThan(end);
  sizes(page.length, page.length).copy(bytes, at);
  return Buffer.concat([bytes.subarray(0, start), page, bytes.subarray(end)]);
}

/** In Thrift's compact protocol. */
function integer(value: number): number[] {
  const out: number[] = [];
  let left = value < 0 ? -2 * value - 1 : 2 * value;
  for (; left > 127; left = Math.floor(left / 128)) out.push((left % 128) | 128);
  return [...out, left];
}

it("reads a page that matches its checksum, and refuses one that does not", async () => {
  const sound = await readTable(source("pets.parquet", await withPage(100, crc32)));
  expect(sound.rows()).toEqual(ages.map((age) => ({ age })));
  await expect(
    readTable(source("pets.parquet", await withPage(100, (data) => crc32(data) ^ 1))),
  ).rejects.toMatchObject({
    code: "CONN_FORMAT",
    message: expect.stringContaining(
      'page 0 of column "age" in row group 0 does not match its checksum',
    ),
  });
});

it("refuses a page that claims more values than its column has", async () => {
  await expect(
    readTable(source("pets.parquet", await withPage(2_000_000_000, crc32))),
  ).rejects.toMatchObject({
    code: "CONN_FORMAT",
    message: expect.stringContaining("claims 2000000000 values"),
  });
});

it.each(["snappy", "none", "gzip", "brotli"] as const)(
  "reads back what it writes, %s",
  async (compression) => {
    const table = Table.fromRows([
      {
        s: "jerry",
        i: 1,
        big: 2n ** 60n,
        f: 0.5,
        b: true,
        day: new Date(1e12),
        list: [1],
        raw: new Uint8Array([1]),
      },
      { s: null, i: null, big: null, f: null, b: null, day: null, list: null, raw: null },
    ]);
    const chunks: Uint8Array[] = [];
    for await (const chunk of writeTable(table, { format: "parquet", compression }))
      chunks.push(chunk);
    const back = await readTable(source("pets.parquet", Buffer.concat(chunks)));
    // A list is written as JSON.
    expect(back.rows()).toEqual(table.rows());
  },
);

it.each(["uncompressed", "snappy", "zstd"])(
  "reads a file of which a byte changed, or refuses it with a reason: %s",
  async (codec) => {
    // The same on every run: a page that claims billions of values is refused after seconds alone.
    let state = 1;
    const random = (below: number): number =>
      ((state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) >>> 8) % below;
    const bytes = await write(
      `select range i, 'pet ' || range % 7 pet, [range, null] as pets, {'a': range} as nested,
        map {'k': range} as keyed, (range * 0.01)::decimal(20, 2) price from range(100)`,
      `, codec ${codec}`,
    );
    for (let turn = 0; turn < 100; turn++) {
      const changed = Buffer.from(bytes);
      const [at, byte] = [random(bytes.length), random(256)];
      changed[at] = byte;
      const outcome = await readTable(source("pets.parquet", changed)).then(
        (table) => (table.rows(), "read"),
        (error: Error & { code?: string }) => error.code ?? error.stack,
      );
      expect(outcome, `byte ${at} as ${byte}`).toMatch(
        /^(read|CONN_(FORMAT|LIMIT|UNSUPPORTED|TRUNCATED))$/,
      );
    }
  },
);
