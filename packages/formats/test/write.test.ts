import * as zlib from "node:zlib";
import { Table } from "@conn/core";
import { DuckDBInstance } from "@duckdb/node-api";
import { tableFromIPC } from "@uwdata/flechette";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readTable, type WriteOptions, writeTable } from "../src/index.ts";
import { source } from "./help.ts";

const pets = Table.fromRows([
  {
    owner: "jerry",
    pet: "fish",
    age: 2,
    weight: 0.25,
    fed: true,
    born: new Date(1.6e12),
    big: 2n ** 60n,
  },
  { owner: null, pet: "ünïcode 😀", age: null, weight: -0.5, fed: null, born: null, big: null },
  { owner: "", pet: "fish", age: -7, weight: null, fed: false, born: new Date(-1), big: -1n },
]);

async function written(table: Table, options: WriteOptions): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeTable(table, options)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

describe("Arrow", () => {
  it("of any changed byte is read, or refused with a reason", async () => {
    const table = Table.fromRows(
      Array.from({ length: 3 }, (_, age) => ({
        age,
        pet: `pet ${age}`,
        list: [age],
        weight: age / 8,
      })),
    );
    const bytes = await written(table, { format: "arrow" });
    const outcomes = new Set<string>();
    for (let at = 0; at < bytes.length; at += 29) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 0x80;
      const outcome = await readTable(source("pets.arrow", changed), { format: "arrow" }).then(
        (read) => (read.rows(), "read"),
        (error: Error & { code?: string }) => error.code ?? error.message,
      );
      outcomes.add(outcome);
    }
    expect([...outcomes].toSorted()).toEqual(["CONN_FORMAT", "read"]);
  });

  it("is read back as it was, its types too", async () => {
    const back = await readTable(source("pets.arrow", await written(pets, { format: "arrow" })));
    expect(back.rows()).toEqual(pets.rows());
    expect(back.columns).toEqual(pets.columns);
  });

  it("is read by another library", async () => {
    const arrow = tableFromIPC(await written(pets, { format: "arrow" }), { useDate: true });
    expect(arrow.numRows).toBe(3);
    const stream = await written(pets, { format: "arrows" });
    expect([...stream.subarray(0, 4)]).toEqual([255, 255, 255, 255]);
    for (const name of ["pets.arrow", "pets.arrows", "pets"])
      expect((await readTable(source(name, stream))).column("age").toArray()).toEqual(
        pets.column("age").toArray(),
      );
    const mark = (await written(pets, { format: "arrow" })).subarray(-6).toString();
    expect(mark).toBe("ARROW1");
    expect([...arrow.getChild("pet")]).toEqual(["fish", "ünïcode 😀", "fish"]);
    expect([...arrow.getChild("age")]).toEqual([2, null, -7]);
  });

  it("of no rows and no columns is one, too", async () => {
    for (const empty of [pets.head(0), Table.fromRows([])]) {
      const back = await readTable(source("p.arrow", await written(empty, { format: "arrow" })));
      expect(back.length).toBe(0);
      expect(back.columns.map(({ name }) => name)).toEqual(empty.columns.map(({ name }) => name));
    }
  });

  it.each(["gzip", "brotli"] as const)("is compressed as a whole by %s", async (compression) => {
    const bytes = await written(pets, { format: "arrow", compression });
    const back = await readTable(source("pets.arrow", bytes), { format: "arrow", compression });
    expect(back.rows()).toEqual(pets.rows());
  });

  it.each([
    ["cut off", (bytes: Buffer) => bytes.subarray(0, bytes.length - 60)],
    ["nothing but its mark", () => Buffer.from("ARROW1\0\0")],
    ["of zeros behind its mark", () => Buffer.concat([Buffer.from("ARROW1"), Buffer.alloc(99)])],
  ])("that is %s is refused with a reason", async (_name, change) => {
    const bytes = change(await written(pets, { format: "arrow" }));
    await expect(readTable(source("pets.arrow", bytes))).rejects.toMatchObject({
      code: "CONN_FORMAT",
    });
  });
});

// Node 20 has no zstd to write with; there it is a refusal that says so.
describe.runIf("zstdCompressSync" in zlib)("zstd", () => {
  it.each(["csv", "jsonl", "json"])("is written around %s", async (format) => {
    const bytes = await written(pets, { format, compression: "zstd" });
    expect(bytes.readUInt32LE(0)).toBe(0xfd2fb528);
    const table = await readTable(source(`pets.${format}.zst`, bytes));
    expect(table.rows().map(({ pet }) => pet)).toEqual(["fish", "ünïcode 😀", "fish"]);
  });

  it("is written into Parquet, which DuckDB reads", async () => {
    const bytes = await written(pets, { format: "parquet", compression: "zstd" });
    const folder = await mkdtemp(join(tmpdir(), "conn-formats-"));
    const duckdb = await (await DuckDBInstance.create(":memory:")).connect();
    try {
      const file = join(folder, "pets.parquet");
      await writeFile(file, bytes);
      const metadata = await duckdb.runAndReadAll(
        `select distinct compression from parquet_metadata('${file}')`,
      );
      expect(metadata.getRowsJS()).toEqual([["ZSTD"]]);
      const rows = await duckdb.runAndReadAll(`select owner, pet, age, big from '${file}'`);
      expect(rows.getRowsJS()).toEqual(
        pets.rows().map(({ owner, pet, age, big }) => [owner, pet, age, big]),
      );
      expect((await readTable(source("pets.parquet", bytes))).rows()).toEqual(pets.rows());
    } finally {
      duckdb.closeSync();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

it.runIf(!("zstdCompressSync" in zlib))("says that this Node cannot write zstd", async () => {
  for (const format of ["csv", "parquet"])
    await expect(written(pets, { format, compression: "zstd" })).rejects.toMatchObject({
      code: "CONN_UNSUPPORTED",
      hint: expect.stringContaining("22.15"),
    });
});
