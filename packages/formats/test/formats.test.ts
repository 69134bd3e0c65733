import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import * as zlib from "node:zlib";
import { Table } from "@conn/core";
import { describe, expect, it } from "vitest";
import { unzstd } from "../src/compression.ts";
import {
  type FormatOptions,
  concatTables,
  formatOf,
  readBytes,
  readTable,
  readText,
  registerFormat,
  type Where,
  writeTable,
} from "../src/index.ts";
import { chunked, rowsOf, source } from "./help.ts";

const text = "owner,pet\njerry,fish\nbarbara,cat\n";
const rows = [
  { owner: "jerry", pet: "fish" },
  { owner: "barbara", pet: "cat" },
];
/** The text above, by bzip2 1.0.8. */
const bzip2 = Buffer.from(
  "QlpoOTFBWSZTWX145KIAAArRgAAQAAQ7cdygIAAhqaZGQaYhTTIxMTEWAlQFDXVneDn2aJIcFubnSfF3JFOFCQfXjkog",
  "base64",
);
/** The text above, by zstd. */
const zstd = Buffer.from("KLUv/SAhCQEAb3duZXIscGV0CmplcnJ5LGZpc2gKYmFyYmFyYSxjYXQK", "base64");

/** The text above in two frames of zstd, one with a checksum, behind one to pass over, as pzstd writes it. */
const zstdFrames = Buffer.concat([
  Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2]),
  Buffer.from("KLUv/SAUoQAAb3duZXIscGV0CmplcnJ5LGZpc2g=", "base64"),
  Buffer.from("KLUv/SQNaQAACmJhcmJhcmEsY2F0CtaLHok=", "base64"),
]);
/** Nothing, by bzip2 1.0.8. */
const bzip2Nothing = Buffer.from("QlpoORdyRThQkAAAAAA=", "base64");

describe("compression", () => {
  it.each([
    ["pets.csv.gz", gzipSync(text)],
    ["pets.csv", gzipSync(text)],
    ["pets.csv.br", brotliCompressSync(text)],
    ["pets.csv.zz", deflateSync(text)],
    ["pets.csv.zst", zstd],
    ["pets.csv.bz2", bzip2],
    ["two frames.csv.zst", zstdFrames],
    ["two members.csv.gz", Buffer.concat([gzipSync(text.slice(0, 20)), gzipSync(text.slice(20))])],
  ])("%s", async (name, bytes) => {
    expect(await rowsOf(name, bytes)).toEqual(rows);
    expect((await readTable(chunked(name, bytes, 5))).rows()).toEqual(rows);
    expect(await readText(source(name, bytes))).toBe(text);
  });

  it("of nothing", async () => {
    for (const bytes of [gzipSync(""), bzip2Nothing])
      expect((await readTable(source("pets.csv", bytes))).length).toBe(0);
  });

  it("zstd on a Node that has none", async () => {
    const parts: Uint8Array[] = [];
    for await (const part of unzstd(chunked("x", zstd).stream())) parts.push(part);
    expect(Buffer.concat(parts).toString()).toBe(text);
  });

  it.each([
    ["cut off", "pets.csv.gz", gzipSync(text).subarray(0, 25)],
    ["damaged", "pets.csv.bz2", Buffer.from(bzip2).fill(0x55, 40, 44)],
    ["not compressed at all", "pets.csv.gz", Buffer.from(text)],
  ])("a file that is %s is told", async (_name, name, bytes) => {
    await expect(rowsOf(name, bytes)).rejects.toMatchObject({ code: "CONN_FORMAT" });
  });

  it.each(["gz", "br"])("a bomb meets the limit: %s", async (extension) => {
    const bomb = Buffer.alloc(50_000_000, "a,b\n");
    const bytes =
      extension === "gz"
        ? gzipSync(bomb)
        : zlib.brotliCompressSync(bomb, {
            params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 2 },
          });
    const limits = { decompressedSize: 1e6 };
    await expect(rowsOf(`pets.csv.${extension}`, bytes, { limits })).rejects.toThrow(
      "limits: { decompressedSize",
    );
    await expect(
      readBytes(source(`pets.csv.${extension}`, bytes), { limits }),
    ).rejects.toMatchObject({ code: "CONN_LIMIT" });
  });

  it.each(["gzip", "brotli", "deflate"] as const)("writes %s", async (compression) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of writeTable(Table.fromRows(rows) as Table, {
      format: "jsonl",
      compression,
    }))
      chunks.push(chunk);
    expect(await rowsOf("pets.jsonl", Buffer.concat(chunks), { compression })).toEqual(rows);
  });
});

describe("a format is recognised", () => {
  it.each([
    ["by its extension", "pets.tsv", "a\tb\n1\t2\n", {}, "tsv"],
    ["by its content", "pets", "a;b\n1;2\n3;4\n", {}, "csv"],
    ["by its content", "pets", '[{"a":1}]', {}, "json"],
    ["by its content", "pets.data", '{"a":1}\n{"a":2}\n', {}, "jsonl"],
    ["by what is asked", "pets.txt", "a,b\n", { format: "csv" }, "csv"],
    ["under its compression", "pets.json.gz", gzipSync("[]"), {}, "json"],
  ])("%s: %s", async (_name, name, content, options, format) => {
    expect((await formatOf(source(name, content), options)).name).toBe(format);
  });

  it("and what contradicts its name is told", async () => {
    const ipc = await Table.fromRows(rows).toIPC();
    await expect(rowsOf("pets.csv", ipc)).rejects.toThrow('{ format: "arrow" }');
    await expect(rowsOf("pets.csv", "<!DOCTYPE html><html>")).rejects.toThrow("web page");
    await expect(rowsOf("pets.csv", '[\n {"a": 1}]')).rejects.toThrow('{ format: "json" }');
    expect((await rowsOf("pets.csv", '{"a": 1}\n', { format: "csv" })).length).toBe(0);
    await expect(rowsOf("pets", Buffer.from([1, 0, 2]))).rejects.toThrow("neither its name");
    const zip = Buffer.from("PK\u0003\u0004");
    for (const name of ["pets.csv.zip", "pets.csv", "pets"])
      await expect(rowsOf(name, zip)).rejects.toThrow("is a zip archive");
    await expect(rowsOf("pets", "", { format: "cvs" })).rejects.toThrow('Did you mean "csv"');
  });

  it("where a plugin registered it", async () => {
    const unregister = registerFormat({
      name: "pets",
      extensions: ["pets"],
      async *read() {
        yield Table.fromRows(rows) as Table;
      },
    });
    expect(await rowsOf("all.pets", "anything")).toEqual(rows);
    unregister();
    await expect(rowsOf("all.pets", "anything")).rejects.toThrow("neither its name");
  });
});

it("reads Arrow, and text by lines", async () => {
  expect(await rowsOf("pets.arrow", await Table.fromRows(rows).toIPC())).toEqual(rows);
  expect(await rowsOf("pets.txt", "fish\r\ncat\n")).toEqual([{ line: "fish" }, { line: "cat" }]);
});

describe("where", () => {
  const data =
    "n,t,d,at,wall,price\n" +
    "1,b,2024-01-01,2024-01-01T00:00:00Z,2024-01-01 00:00:00,1\n" +
    "2,,2024-02-01,2024-02-01T00:00:00Z,2024-02-01 00:00:00.5,2.50\n" +
    "3,a,,,,\n";
  it.each<[Where, number[]]>([
    [{ n: 2 }, [2]],
    [{ n: [1, 3] }, [1, 3]],
    [{ n: { "!=": 2 } }, [1, 3]],
    [{ n: { ">": 1, "<=": 3n } }, [2, 3]],
    [{ t: { "!=": "b" } }, [3]],
    [{ t: { notIn: ["b"] } }, [3]],
    [{ t: { null: true } }, [2]],
    [{ t: { null: false }, n: { "<": 3 } }, [1]],
    [
      [{ n: 1 }, { t: "a" }],
      [1, 3],
    ],
    [{ d: { ">=": "2024-01-15" } }, [2]],
    [{ at: { "<": new Date("2024-01-15") } }, [1]],
    [{ at: "2024-02-01T01:00:00+01:00" }, [2]],
    [{ wall: { ">": "2024-02-01 00:00:00" } }, [2]],
    [{ price: 2.5 }, [2]],
  ])("%o", async (where, numbers) => {
    const options = { where, types: { price: "decimal" }, columns: ["n"] } as const;
    expect((await rowsOf("pets.csv", data, options)).map(({ n }) => n)).toEqual(numbers);
  });

  it.each([
    [{ x: 1 }, "no such column"],
    [{ n: "2" }, "a number or bigint"],
    [{ n: null }, "{ null: true }"],
    [{ n: { like: "%" } }, "does not know the test"],
    [{ at: "2024-01-01" }, "with a zone"],
  ])("%j is refused", async (where, message) => {
    await expect(rowsOf("pets.csv", data, { where: where as never })).rejects.toThrow(message);
  });
});

it("limit and columns hold for every format", async () => {
  expect(await rowsOf("pets.csv", text, { limit: 1, columns: ["pet"] })).toEqual([{ pet: "fish" }]);
  const json = JSON.stringify(rows);
  expect(await rowsOf("pets.json", json, { limit: 1, columns: ["pet"] })).toEqual([
    { pet: "fish" },
  ]);
  await expect(rowsOf("pets.csv", text, { columns: ["pett"] })).rejects.toThrow(
    'Did you mean "pet"',
  );
});

it("joins tables by their columns' names", () => {
  const joined = concatTables([
    Table.fromRows([{ a: 1, b: "x" }]) as Table,
    Table.fromRows([{ a: null, b: "y", c: true }]) as Table,
    Table.fromRows([{ a: 0.5, c: false }]) as Table,
  ]);
  expect(joined.rows()).toEqual([
    { a: 1, b: "x", c: null },
    { a: null, b: "y", c: true },
    { a: 0.5, b: null, c: false },
  ]);
});

it.each([{ limit: -1 }, { limit: 1.5 }, { limit: NaN }, { batchSize: 0 }, { batchSize: NaN }])(
  "refuses %o",
  async (options) => {
    await expect(rowsOf("pets.csv", "a\n1\n", options)).rejects.toMatchObject({
      code: "CONN_ARGUMENT",
    });
  },
);

it.each([
  [{ colums: ["a"] }, "`read` has no option `colums`.", "Did you mean `columns`?"],
  [{ columns: "a" }, "`columns` is no list of names.", 'Give for example { columns: ["a"] }.'],
  [{ where: "a = 1" }, "`where` is no object of conditions.", "Give for example"],
])("refuses the options %j", async (options, message, hint) => {
  const error = { code: "CONN_ARGUMENT", message: expect.stringContaining(message) as string };
  const read = rowsOf("pets.csv", "a\n1\n", options as FormatOptions);
  await expect(read).rejects.toMatchObject({
    ...error,
    hint: expect.stringContaining(hint) as string,
  });
});
