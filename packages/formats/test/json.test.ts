import { Table } from "@conn/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readBatches, readJson, readTable, writeTable } from "../src/index.ts";
import { chunked, rowsOf, source } from "./help.ts";

const rows = [
  { owner: "jerry", pets: ["fish"], home: { city: "Ulm" }, age: 3 },
  { owner: "bar,ba]ra}\n", pets: [], home: null, age: 2.5 },
  { owner: 'a"lex\\', age: null, new: true },
];
const expected = [
  { owner: "jerry", pets: ["fish"], home: { city: "Ulm" }, age: 3, new: null },
  { owner: "bar,ba]ra}\n", pets: [], home: null, age: 2.5, new: null },
  { owner: 'a"lex\\', pets: null, home: null, age: null, new: true },
];
const lines = rows.map((row) => JSON.stringify(row)).join("\n");

it.each([
  ["an array", "pets.json", JSON.stringify(rows)],
  ["an array over many lines", "pets.json", `\ufeff \n${JSON.stringify(rows, null, 2)}\n`],
  ["lines", "pets.jsonl", lines],
  ["lines with blank ones and returns", "pets.ndjson", `\n${lines.replaceAll("\n", "\r\n\n")}\r\n`],
  ["lines that are called json", "pets.json", lines],
])("reads %s", async (_name, name, text) => {
  expect(await rowsOf(name, text)).toEqual(expected);
  for (const size of [1, 2, 5]) {
    expect((await readTable(chunked(name, text, size))).rows()).toEqual(expected);
  }
});

it.each([
  ["one object", '{"owner":"jerry"}', [{ owner: "jerry" }]],
  ["plain values", "[1, 2.5, null]", [{ value: 1 }, { value: 2.5 }, { value: null }]],
  ["an empty array", " [ ] ", []],
  ["a name that is special", '[{"__proto__":1}]', [JSON.parse('{"__proto__":1}')]],
])("reads %s", async (_name, text, result) => {
  expect(await rowsOf("pets.json", text)).toEqual(result);
});

it("keeps every digit of integers", async () => {
  const text = '[{"id":9007199254740993,"in":{"it":[123456789012345678901]},"x":1.5}]';
  expect(await rowsOf("pets.json", text)).toEqual([
    { id: 9007199254740993n, in: { it: [123456789012345678901n] }, x: 1.5 },
  ]);
  expect(await readJson(source("pets.json", text))).toEqual([
    { id: 9007199254740993n, in: { it: [123456789012345678901n] }, x: 1.5 },
  ]);
  expect(await readJson(source("x.json", '{"text":"1234567890123456789"}'))).toEqual({
    text: "1234567890123456789",
  });
});

describe("mistakes", () => {
  it.each([
    ["pets.json", '[{"a":1},\n {"a":}]', 2, 7],
    ["pets.json", '{"a":\n01}', 2, 2],
    ["pets.jsonl", '{"a":1}\n{"a":\n{"a":3}', 2, 6],
    ["pets.jsonl", '{"a":1} {"a":2}\n', 1, 9],
    ["pets.jsonl", '{"a":1}\n{"a":"\u0001"}', 2, 6],
  ])("in %s have a place", async (name, text, line, column) => {
    await expect(rowsOf(name, text)).rejects.toMatchObject({
      code: "CONN_FORMAT",
      location: { line, column },
    });
  });

  it("a file that is cut off is told", async () => {
    await expect(rowsOf("pets.json", '[{"a":1},{"a"')).rejects.toThrow("cut off");
    await expect(rowsOf("pets.json", "[1] 2")).rejects.toThrow("behind the array");
  });

  it.each([
    ["an array", "pets.json", "[".repeat(1_000_000)],
    ["an object", "pets.json", '{"a":'.repeat(1_000_000)],
    ["a line", "pets.jsonl", `{"a":1}\n${"[".repeat(1_000_000)}\n`],
  ])("depth is bounded: %s", async (_name, name, text) => {
    await expect(rowsOf(name, text)).rejects.toMatchObject({ code: "CONN_LIMIT" });
  });

  it("the length of lines is bounded", async () => {
    const text = `{"a":"${"x".repeat(3_000_000)}`;
    await expect(rowsOf("pets.jsonl", text, { limits: { lineLength: 1e6 } })).rejects.toMatchObject(
      { code: "CONN_LIMIT" },
    );
  });
});

it("finds what only a late row has, and tells what none has", async () => {
  const lines = `${'{"a":1}\n'.repeat(70_000)}{"a":2,"b":"x"}\n`;
  const list = `[${lines.trim().replaceAll("\n", ",")}]`;
  for (const [name, text] of [
    ["pets.jsonl", lines],
    ["pets.json", list],
  ] as const) {
    expect(await rowsOf(name, text, { where: { b: "x" } })).toEqual([{ a: 2, b: "x" }]);
    expect(await rowsOf(name, text, { columns: ["b"], where: { a: 2 } })).toEqual([{ b: "x" }]);
    await expect(rowsOf(name, text, { columns: ["aa"] })).rejects.toThrow('Did you mean "a"');
    await expect(rowsOf(name, text, { where: { bb: 1 } })).rejects.toThrow("no row has it");
  }
});

it("reads batches whose columns differ into one table", async () => {
  const many = Array.from({ length: 70_000 }, (_, id) => JSON.stringify({ id }));
  const text = `${many.join("\n")}\n{"id":0.5,"late":"x"}\n`;
  const table = await readTable(source("pets.jsonl", text));
  expect(table.length).toBe(70_001);
  expect(table.columns.map(({ type }) => type)).toEqual(["float", "string"]);
  expect(table.at(-1)).toEqual({ id: 0.5, late: "x" });
  let rowCount = 0;
  for await (const batch of readBatches(source("pets.jsonl", text), { batchSize: 1000 }))
    rowCount += batch.length;
  expect(rowCount).toBe(70_001);
});

it.each(["json", "jsonl"])("reads back what it writes as %s", async (format) => {
  const cell = fc.option(
    fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.boolean(),
      fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n }),
      fc.integer(),
      fc.dictionary(fc.string({ unit: "grapheme" }), fc.integer()),
      fc.array(fc.string({ unit: "grapheme" })),
    ),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ one: cell, two: cell })), async (all) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of writeTable(Table.fromRows(all) as Table, { format }))
        chunks.push(chunk);
      const back = await readTable(chunked(`pets.${format}`, Buffer.concat(chunks), 11));
      // A bigint column makes bigints of its smaller numbers.
      const plain = (value: unknown): string =>
        JSON.stringify(value, (_key, item: unknown) =>
          typeof item === "bigint" ? Number(item) : item,
        );
      expect(plain(back.rows())).toEqual(plain(all));
    }),
    { numRuns: 100 },
  );
});

it.each([1, 2, 3, 5])("reads arrays and objects that come in chunks of %i bytes", async (size) => {
  const rows = [{ a: '"]},[\\' }, { a: "\\" }, { a: '\\"' }, { a: "ü😀", list: [[], {}] }];
  const array = await readTable(chunked("pets.json", `\n ${JSON.stringify(rows)} \n`, size));
  expect(array.rows().map(({ a }) => a)).toEqual(rows.map(({ a }) => a));
  const object = await readTable(chunked("pets.json", `\n ${JSON.stringify(rows[3])} \n`, size));
  expect(object.rows()).toEqual([rows[3]]);
});

it("names the limit of depth that it was given", async () => {
  const deep = `{"a":1}\n{"a":${"[".repeat(9)}${"]".repeat(9)}}\n`;
  await expect(rowsOf("pets.jsonl", deep, { limits: { depth: 9 } })).rejects.toMatchObject({
    code: "CONN_LIMIT",
    message: expect.stringContaining("the limit is 9."),
  });
});
