import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import writeExcelFile from "write-excel-file/node";
import { formatOf, readBatches, readTable } from "../src/index.ts";
import { source } from "./help.ts";

type Value = string | number | boolean | Date | null;

/** A workbook as another library writes it. */
async function workbook(sheets: Readonly<Record<string, readonly (readonly Value[])[]>>) {
  const path = join(tmpdir(), `conn-xlsx-${process.pid}-${Math.random()}.xlsx`);
  const cell = (value: Value) =>
    value instanceof Date
      ? {
          value,
          type: Date,
          format: value.getTime() % 86_400_000 ? "yyyy-mm-dd hh:mm:ss" : "yyyy-mm-dd",
        }
      : value === null
        ? null
        : { value };
  const data = Object.entries(sheets).map(([sheet, rows]) => ({
    sheet,
    data: rows.map((row) => row.map(cell)),
  }));
  await writeExcelFile(data as never).toFile(path);
  try {
    return await readFile(path);
  } finally {
    await rm(path);
  }
}

const pets = [
  ["owner", "pet", "kids", "weight", "good", "born", "fed", null],
  ["jerry", "fish", 3, 0.5, true, new Date("2024-02-29"), new Date("2024-02-29T23:30:15Z"), "x"],
  ["alex", "puppy", 0, null, false, new Date("1970-01-01"), null],
  ["barbara", null, 2, 4, null, null, new Date("2024-03-01")],
] as const;

test("reads the first sheet of a workbook, days as dates and times without a zone", async () => {
  const table = await readTable(
    source("pets.xlsx", await workbook({ Pets: pets, Other: [["a"]] })),
  );
  expect(table.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
    "owner string",
    "pet string",
    "kids integer",
    "weight float",
    "good boolean",
    "born date",
    "fed datetime",
    "column_8 string",
  ]);
  expect(table.rows()).toEqual([
    {
      owner: "jerry",
      pet: "fish",
      kids: 3,
      weight: 0.5,
      good: true,
      born: "2024-02-29",
      fed: "2024-02-29T23:30:15",
      column_8: "x",
    },
    {
      owner: "alex",
      pet: "puppy",
      kids: 0,
      weight: null,
      good: false,
      born: "1970-01-01",
      fed: null,
      column_8: null,
    },
    {
      owner: "barbara",
      pet: null,
      kids: 2,
      weight: 4,
      good: null,
      born: null,
      fed: "2024-03-01T00:00:00",
      column_8: null,
    },
  ]);
});

test("reads times of day, and the first days of 1900 as Excel shows them", async () => {
  const rows = [
    ["meal", "born", "both"],
    // Day 0 and a quarter; days 1, 59 and 61, for Excel has a 29th of February 1900.
    [new Date("1899-12-30T06:00:00Z"), new Date("1899-12-31"), new Date("1899-12-30T06:00:00Z")],
    [new Date("1899-12-30T23:59:59Z"), new Date("1900-02-27"), new Date("1900-03-01")],
    [null, new Date("1900-03-01"), null],
  ];
  const table = await readTable(source("pets.xlsx", await workbook({ Pets: rows })));
  expect(table.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
    "meal time",
    "born date",
    "both datetime",
  ]);
  expect([...table.column("meal")]).toEqual(["06:00:00", "23:59:59", null]);
  expect([...table.column("born")]).toEqual(["1900-01-01", "1900-02-28", "1900-03-01"]);
  expect(table.at(0)?.["both"]).toBe("1899-12-30T06:00:00");
});

test("takes a sheet by name or number, without a header, some columns and rows", async () => {
  const bytes = await workbook({
    Pets: pets,
    Food: [
      ["fish", 2],
      ["cat", 80],
    ],
  });
  const food = [
    { column_1: "fish", column_2: 2 },
    { column_1: "cat", column_2: 80 },
  ];
  for (const sheet of ["Food", 2])
    expect((await readTable(source("pets.xlsx", bytes), { sheet, header: false })).rows()).toEqual(
      food,
    );
  const some = await readTable(source("pets.xlsx", bytes), {
    columns: ["owner"],
    where: { kids: { ">": 1 } },
    limit: 1,
  });
  expect(some.rows()).toEqual([{ owner: "jerry" }]);
  for await (const batch of readBatches(source("pets.xlsx", bytes))) expect(batch.length).toBe(3);
});

test("is known by its content", async () => {
  expect((await formatOf(source("download", await workbook({ Pets: pets })))).name).toBe("xlsx");
});

test("says what is wrong with a sheet, a workbook, and one that is too large", async () => {
  const bytes = await workbook({ Pets: pets });
  const read = (options: object, content: Uint8Array = bytes): Promise<unknown> =>
    readTable(source("pets.xlsx", content), options).then(
      () => undefined,
      (error: unknown) => error,
    );
  expect(await read({ sheet: "Petz" })).toMatchObject({
    code: "CONN_ARGUMENT",
    hint: 'Did you mean "Pets"?',
  });
  expect(await read({ sheet: 2 })).toMatchObject({
    code: "CONN_ARGUMENT",
    hint: "Its sheets: Pets.",
  });
  expect(await read({}, bytes.subarray(0, bytes.length - 100))).toMatchObject({
    code: "CONN_FORMAT",
  });
  expect(await read({ limits: { columns: 7 } })).toMatchObject({ code: "CONN_LIMIT" });
  // What the archive says that it holds, is believed before anything is unpacked.
  const bomb = Buffer.from(bytes);
  const entry = bomb.lastIndexOf("PK\u0001\u0002");
  bomb.writeUInt32LE(4e9, entry + 24);
  expect(await read({ limits: { decompressedSize: 1e9 } }, bomb)).toMatchObject({
    code: "CONN_LIMIT",
    message: expect.stringContaining("archive") as string,
  });
});
