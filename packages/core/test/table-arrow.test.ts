import { fromArrow } from "arquero";
import * as flechette from "@uwdata/flechette";
import { describe, expect, test } from "vitest";
import { type ArrowTable, type ColumnSpec, Table } from "../src/table.ts";

const unsafe = 9_007_199_254_740_993n;

const columns: [ColumnSpec, unknown[]][] = [
  [{ name: "integer" }, [1, null, -3]],
  [{ name: "long" }, [2 ** 40, null, -3]],
  [{ name: "big" }, [unsafe, null, -1n]],
  [{ name: "huge" }, [2n ** 64n, null, -1n]],
  [{ name: "float" }, [1.5, null, -0]],
  [{ name: "decimal", type: "decimal" }, ["12.50", null, "-0.05"]],
  [
    { name: "wide", type: "decimal" },
    ["123456789012345678901234567890123456789012.5", null, "-1.0"],
  ],
  [{ name: "odd", type: "decimal" }, ["1e3", null, "NaN"]],
  [{ name: "string" }, ["a", null, ""]],
  [{ name: "boolean" }, [true, null, false]],
  [{ name: "date", type: "date" }, ["2023-05-02", null, "1969-12-31"]],
  [{ name: "other date", type: "date" }, ["2023-02-30", null, "infinity"]],
  [{ name: "time", type: "time" }, ["09:30:00", null, "23:59:59.000001"]],
  [{ name: "timestamp" }, [new Date(5), null, new Date(-5)]],
  [
    { name: "datetime", type: "datetime" },
    ["2023-05-02T09:30:00", null, "1969-12-31T23:59:59.000001"],
  ],
  [{ name: "interval", type: "interval" }, ["P1DT2H", null, "PT0.5S"]],
  [{ name: "bytes" }, [Uint8Array.of(1, 2), null, new Uint8Array(0)]],
  [{ name: "json" }, [{ a: [1, null] }, null, { __proto__x: 1 }]],
  [{ name: "uuid", type: "uuid" }, ["3b241101-e2bb-4255-8caf-4136c566a962", null, "x"]],
  [{ name: "numbers" }, [[1, 2.5], null, []]],
  [{ name: "strings" }, [["a", null], null, []]],
  [{ name: "mixed list" }, [["a", 1], null, []]],
  [{ name: "unknown" }, ["a", null, 1]],
  [{ name: "nothing" }, [null, null, null]],
];

const everything = Table.fromArrays(
  [0, 1, 2].map((row) => columns.map(([, values]) => values[row])),
  columns.map(([spec]) => spec),
);

describe("to Arrow's file format and back", () => {
  test("every type keeps its values and its name", async () => {
    const back = await Table.fromIPC(await everything.toIPC());
    expect(back.rows()).toStrictEqual(everything.rows());
    expect(back.columns.map(({ name, type, nullable }) => ({ name, type, nullable }))).toEqual(
      everything.columns,
    );
  });

  test("a table of no rows, and one of no columns", async () => {
    const empty = await Table.fromIPC(await everything.head(0).toIPC());
    expect(empty.columns.map(({ name }) => name)).toEqual(
      everything.columns.map(({ name }) => name),
    );
    expect(empty.length).toBe(0);
    expect((await Table.fromIPC(await Table.fromRows([]).toIPC())).columns).toEqual([]);
  });

  test("microseconds of an instant survive", async () => {
    const table = Table.fromArrays([[1_682_985_600_000.001]], [{ name: "t", type: "timestamp" }]);
    const back = await Table.fromIPC(await table.toIPC());
    expect(back.toCSV()).toBe("t\r\n2023-05-02T00:00:00.000001Z\r\n");
  });

  test("100,000 rows", async () => {
    const rows = Array.from({ length: 100_000 }, (_, row) => ({
      a: row,
      b: row % 3 ? row / 7 : null,
      c: `t${row % 9}`,
      d: `u${row}`,
      e: new Date(row),
    }));
    const back = await Table.fromIPC(await Table.fromRows(rows).toIPC());
    expect(back.rows()).toEqual(rows);
  });
});

test("a table that flechette made with its own types", () => {
  const { columnFromArray: column } = flechette;
  const arrow = flechette.tableFromColumns({
    int: column([1n, unsafe], flechette.int64(), { useBigInt: true }),
    decimal: column([1.5, -0.25], flechette.decimal(9, 2)),
    exact: column([150n, -25n], flechette.decimal(30, 2), { useDecimalInt: true }),
    day: column([new Date(0), new Date(86_400_000)], flechette.dateDay(), { useDate: true }),
    seconds: column([34_200, 1], flechette.timeSecond()),
    local: column([new Date(0), new Date(1500)], flechette.timestamp()),
    zoned: column([new Date(0), new Date(1500)], flechette.timestamp(1, "Europe/Berlin")),
    duration: column([1500n, -2000n], flechette.duration(1), { useBigInt: true }),
    struct: column([{ a: 1 }, { a: 2 }], flechette.struct({ a: flechette.int32() })),
    coded: column(["x", null], flechette.dictionary(flechette.utf8())),
  });
  return expect(
    Table.fromArrow(arrow as unknown as ArrowTable).then((table) => [
      table.columns.map(({ type }) => type),
      table.rows(),
    ]),
  ).resolves.toEqual([
    [
      "integer",
      "decimal",
      "decimal",
      "date",
      "time",
      "datetime",
      "timestamp",
      "interval",
      "json",
      "string",
    ],
    [
      {
        int: 1n,
        decimal: "1.5",
        exact: "1.50",
        day: "1970-01-01",
        seconds: "09:30:00",
        local: "1970-01-01T00:00:00",
        zoned: new Date(0),
        duration: "PT1.5S",
        struct: { a: 1 },
        coded: "x",
      },
      {
        int: unsafe,
        decimal: "-0.25",
        exact: "-0.25",
        day: "1970-01-02",
        seconds: "00:00:01",
        local: "1970-01-01T00:00:01.500",
        zoned: new Date(1500),
        duration: "-PT2S",
        struct: { a: 2 },
        coded: null,
      },
    ],
  ]);
});

test("values inside of others are what they would be in a column", async () => {
  const { columnFromArray: column, list, struct, map } = flechette;
  const [day, price] = [flechette.dateDay(), flechette.decimal(9, 2)];
  const moment = flechette.timestamp(1, "UTC");
  const arrow = flechette.tableFromColumns({
    days: column([[new Date(0), null], []], list(day)),
    prices: column([{ price: 1.5 }, { price: null }], struct({ price })),
    moments: column([[[new Date(5)]], null], list(list(moment))),
    days_of: column([[["a", new Date(0)]], []], map(flechette.utf8(), day)),
    ids: column([[1n, unsafe], null], list(flechette.int64()), { useBigInt: true }),
  });
  expect((await Table.fromArrow(arrow)).rows()).toEqual([
    {
      days: ["1970-01-01", null],
      prices: { price: "1.5" },
      moments: [[new Date(5)]],
      days_of: { a: "1970-01-01" },
      ids: [1, unsafe],
    },
    { days: [], prices: { price: null }, moments: null, days_of: {}, ids: null },
  ]);
});

test("bytes of Arrow are read as they stand: marks that begin texts, and microseconds of any year", async () => {
  const texts = ["\ufeffmark", "none", "\ufeff", null];
  const { columnFromArray: column, list, struct } = flechette;
  const micros = [253402300799999999n, -1499n, 5_000_001n, null];
  const values = BigInt64Array.from(micros, (value) => value ?? 0n);
  const type = flechette.timestamp(2, "UTC");
  const Batch = flechette.batchType(type, { useDate: false, useBigInt: true });
  const instants = new Batch({ length: 4, nullCount: 1, type, validity: Uint8Array.of(7), values });
  const arrow = flechette.tableFromColumns({
    plain: column(texts, flechette.utf8()),
    words: column(texts, flechette.dictionary(flechette.utf8())),
    large: column(texts, flechette.largeUtf8()),
    inner: column(
      texts.map((text) => [{ text }]),
      list(struct({ text: flechette.utf8() })),
    ),
    at: new flechette.Column([instants], type),
  });
  const table = await Table.fromIPC(flechette.tableToIPC(arrow, {})!);
  expect(table.rows()).toEqual(
    texts.map((text, row) => ({
      plain: text,
      words: text,
      large: text,
      inner: [{ text }],
      at: [new Date("9999-12-31T23:59:59.999Z"), new Date(-2), new Date(5000), null][row],
    })),
  );
});

describe("libraries that read Arrow take a table as it is", () => {
  test("Arquero reads every column", () => {
    const table = fromArrow(everything as never);
    expect(table.objects()).toEqual(everything.rows());
  });

  test("Arquero filters, groups and derives", () => {
    const pets = Table.fromRows([
      { pet: "fish", age: 2 },
      { pet: "cat", age: 4 },
      { pet: "fish", age: null },
      { pet: "fish", age: 3 },
    ]);
    const summary = fromArrow(pets as never)
      .filter((row: { age: number | null }) => row.age !== null)
      .groupby("pet")
      .count()
      .objects();
    expect(summary).toEqual([
      { pet: "fish", count: 2 },
      { pet: "cat", count: 1 },
    ]);
  });

  test("the members that Observable Plot and Vega ask for are there", () => {
    const { fields } = everything.schema;
    expect([everything.numRows, everything.numCols, fields.length]).toEqual([
      3,
      columns.length,
      columns.length,
    ]);
    for (const { name, type } of fields) {
      const vector = everything.getChild(name)!;
      expect(vector.type).toEqual(type);
      expect([...vector.toArray()]).toEqual(
        Array.from({ length: vector.length }, (_, row) => vector.get(row)),
      );
    }
    // Plot reads a vector with nulls by toJSON, and any other by toArray.
    expect(everything.getChild("float")!.toJSON()).toEqual([1.5, null, -0]);
    expect(everything.getChild("timestamp")!.toJSON()).toEqual([new Date(5), null, new Date(-5)]);
    // Plot takes a vector for dates where its type is Arrow's timestamp in milliseconds.
    expect(everything.getChild("timestamp")!.type).toEqual({ typeId: 10, unit: 1 });
    expect(everything.toArray()).toEqual(everything.rows());
  });
});
