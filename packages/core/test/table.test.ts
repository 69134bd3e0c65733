import { describe, expect, test } from "vitest";
import { ConnError } from "../src/errors.ts";
import { Table, TableBuilder, type ColumnType } from "../src/table.ts";

const owners = () =>
  Table.fromRows([
    { owner: "jerry", pet: "fish", age: 2 },
    { owner: "barbara", pet: "cat", age: null },
    { owner: "alex", pet: "puppy", age: 1 },
  ]);

/** A table of one column `x`. */
function column(values: readonly unknown[], type?: ColumnType): Table<{ x: unknown }> {
  return Table.fromArrays<{ x: unknown }>(
    values.map((value) => [value]),
    [{ name: "x", type }],
  );
}

const unsafe = 9_007_199_254_740_993n;

describe("values come back as they went in, and the type is the narrowest that holds them", () => {
  const bytes = Uint8Array.of(1, 2, 255);
  const cases: [
    string,
    readonly unknown[],
    ColumnType | undefined,
    ColumnType,
    (readonly unknown[])?,
  ][] = [
    ["small integers", [1, null, -3], undefined, "integer"],
    ["integers beyond 32 bits", [1, 2 ** 40, Number.MAX_SAFE_INTEGER], undefined, "integer"],
    ["safe bigints become numbers", [1n, null, 2n], undefined, "integer", [1, null, 2]],
    [
      "one unsafe bigint makes all bigint",
      [1, null, unsafe],
      undefined,
      "integer",
      [1n, null, unsafe],
    ],
    ["bigints beyond 64 bits", [1n, 2n ** 64n, -(2n ** 70n)], undefined, "integer"],
    ["an integer, then a fraction", [1, 2.5], undefined, "float"],
    ["minus zero is no integer", [0, -0], undefined, "float"],
    ["NaN and infinities", [Number.NaN, Infinity, -Infinity], undefined, "float"],
    ["an unsafe number is a float", [1, 2 ** 60], undefined, "float"],
    ["an unsafe bigint beside a fraction", [1.5, unsafe], undefined, "unknown"],
    ["a fraction beside an unsafe bigint", [unsafe, 1.5], undefined, "unknown"],
    ["whole numbers in a column declared float", [1, 2], "float", "float"],
    ["booleans", [true, null, false], undefined, "boolean"],
    ["texts", ["a", null, "", "a"], undefined, "string"],
    ["text in a column declared integer", [1, "2", null], "integer", "unknown"],
    ["nothing but text in a column declared integer", ["1", "2"], "integer", "string"],
    ["nulls, then text, in a column declared timestamp", [null, "now"], "timestamp", "string"],
    ["exact decimals", ["1.50", "-0.1", null], "decimal", "decimal"],
    ["decimals that came as numbers", [1.5, 2n], "decimal", "decimal", ["1.5", "2"]],
    ["dates", ["2023-05-02", null], "date", "date"],
    ["instants", [new Date(0), null, new Date(8.64e15)], undefined, "timestamp"],
    [
      "instants that came as milliseconds",
      [0, 1.5],
      "timestamp",
      "timestamp",
      [new Date(0), new Date(1)],
    ],
    ["an instant beside a number", [new Date(0), 1], undefined, "unknown"],
    ["bytes", [bytes, null, new Uint8Array(0)], undefined, "bytes"],
    ["objects", [{ a: [1, { b: null }] }, null], undefined, "json"],
    ["lists", [[1, "a"], []], undefined, "list"],
    ["lists, then an object", [[1], { a: 1 }], undefined, "json"],
    ["JSON of every kind", ["text", 1, true, null, [], {}], "json", "json"],
    ["vectors become lists", [Float32Array.of(1, 0.5)], undefined, "list", [[1, 0.5]]],
    ["values of several kinds", ["a", 1, true, new Date(0), bytes, 1n], undefined, "unknown"],
    ["nothing but nulls", [null, undefined], undefined, "unknown", [null, null]],
    ["nulls in a declared column", [null], "uuid", "uuid"],
    ["undefined is null", [1, undefined], undefined, "integer", [1, null]],
  ];
  test.each(cases)("%s", (_, values, declared, type, expected = values) => {
    const table = column(values, declared);
    expect(table.columns).toEqual([{ name: "x", type, nullable: expected.includes(null) }]);
    expect(table.rows().map(({ x }) => x)).toStrictEqual(expected);
    expect([...table.column("x")]).toStrictEqual(expected);
    expect([...table.column("x").toArray()]).toStrictEqual(expected);
    expect(values.map((_, row) => table.at(row)?.x)).toStrictEqual(expected);
  });
});

test("texts that repeat and texts that do not come back the same, before and after the change of storage", () => {
  const texts = Array.from({ length: 20_000 }, (_, row) =>
    row % 7 === 0 ? null : row < 9000 ? `t${row % 50}` : `u${row}`,
  );
  expect(
    column(texts)
      .rows()
      .map(({ x }) => x),
  ).toEqual(texts);
});

test("of columns with one name the second gets a suffix that no other column has", () => {
  const table = Table.fromArrays([[1, 2, 3, 4]], ["id", "id", "id_2", "id"]);
  expect(table.rows()).toEqual([{ id: 1, id_3: 2, id_2: 3, id_4: 4 }]);
});

test("names that every object inherits are ordinary columns", () => {
  const table = Table.fromArrays([[1, 2, 3]], ["__proto__", "constructor", "toString"]);
  for (const rows of [table.rows(), Table.fromRows(table.rows()).rows(), [table.at(0)!]]) {
    expect(Object.entries(rows[0]!)).toEqual([
      ["__proto__", 1],
      ["constructor", 2],
      ["toString", 3],
    ]);
    expect(Object.getPrototypeOf(rows[0])).toBe(Object.prototype);
  }
  expect(Table.fromRows([{ a: 1 }, {}], { columns: [{ name: "toString" }] }).rows()).toEqual([
    { toString: null },
    { toString: null },
  ]);
});

test("a name never becomes code", () => {
  const names = [
    '"]: globalThis.hacked = true, ["',
    "`${globalThis.hacked = true}`",
    "\u2028\\",
    "__proto__",
    "a\nb",
  ];
  const rows = Array.from({ length: 300 }, (_, row) => names.map((_, index) => row + index));
  const table = Table.fromArrays(rows, names);
  expect(table.rows().map((row) => Object.values(row))).toEqual(rows);
  expect(Object.keys(table.rows()[0]!)).toEqual(names);
  expect("hacked" in globalThis).toBe(false);
});

test("rows with different properties keep them all", () => {
  const table = Table.fromRows<object>([
    { a: 1 },
    { b: 2 },
    Object.create({ inherited: 1 }) as object,
  ]);
  expect(table.rows()).toEqual([
    { a: 1, b: null },
    { a: null, b: 2 },
    { a: null, b: null },
  ]);
});

test("an empty table keeps its columns", () => {
  const table = new TableBuilder([{ name: "a", type: "integer" }, { name: "b" }]).finish();
  expect(table.length).toBe(0);
  expect(table.rows()).toEqual([]);
  expect(table.columns.map(({ name, type }) => [name, type])).toEqual([
    ["a", "integer"],
    ["b", "unknown"],
  ]);
});

test("a scale that a source declares is kept", () => {
  expect(
    Table.fromArrays([["1.50"]], [{ name: "price", type: "decimal", scale: 2 }]).columns,
  ).toEqual([{ name: "price", type: "decimal", nullable: false, scale: 2 }]);
});

/** One row that holds everything a caller could change. */
const mutable = () =>
  Table.fromRows([
    {
      when: new Date(5),
      bytes: Uint8Array.of(1),
      nested: { list: [1, new Date(7)] },
      n: 1,
      big: unsafe,
    },
  ]);

describe("nothing done to what a table gives reaches the table", () => {
  const untouched = mutable().rows();

  test.each([300, 1])("rows, from a table of %i rows", (count) => {
    const table = Table.fromRows(Array.from({ length: count }, () => mutable().rows()[0]!));
    const row = table.rows()[0]!;
    row.when.setTime(0);
    row.bytes[0] = 9;
    row.nested.list.length = 0;
    row.n = 9;
    expect(table.rows()[0]).toEqual(untouched[0]);
    expect(table.at(0)).toEqual(untouched[0]);
  });

  test("columns", () => {
    const table = mutable();
    (table.column("n").toArray() as number[])[0] = 9;
    (table.column("big").toArray() as bigint[])[0] = 9n;
    (table.column("when").get(0) as Date).setTime(0);
    (table.column("bytes").at(-1) as Uint8Array)[0] = 9;
    expect(table.rows()).toEqual(untouched);
  });

  test("the values that it was made of", () => {
    const row = mutable().rows()[0]!;
    const table = Table.fromRows([row]);
    row.when.setTime(0);
    row.bytes[0] = 9;
    row.nested.list[0] = 9;
    expect(table.rows()).toEqual(untouched);
    const numbers = Float64Array.of(1, 2);
    const columns = Table.fromColumns({ numbers });
    numbers[0] = 9;
    expect(columns.rows()).toEqual([{ numbers: 1 }, { numbers: 2 }]);
  });

  test("columns' descriptions and meta", () => {
    const table = mutable();
    expect(() => Object.assign(table.columns[0]!, { name: "x" })).toThrow(TypeError);
    expect(() => (table.columns as unknown[]).push(1)).toThrow(TypeError);
    expect(() => Object.assign(table.meta, { age: 9 })).toThrow(TypeError);
  });

  test("a toArrow copy", async () => {
    const table = mutable();
    const arrow = (await table.toArrow()) as unknown as {
      children: { data: { values: Int32Array }[] }[];
    };
    arrow.children[3]!.data[0]!.values[0] = 9;
    expect(table.rows()).toEqual(untouched);
  });
});

test("cells that are no data are refused, and so are values that hold themselves", () => {
  const loop: unknown[] = [];
  loop.push(loop);
  for (const value of [() => 1, Symbol("x"), [() => 1], loop]) {
    expect(() => column([value])).toThrow(expect.objectContaining({ code: "CONN_ARGUMENT" }));
  }
});

test.each([[null], [1], ["text"], [undefined]])(
  "a row that is %j is refused by its number",
  (row) => {
    expect(() => Table.fromRows([{ a: 1 }, row as unknown as object])).toThrow(
      /^Row 2 is no object/,
    );
  },
);

test("objects of classes come back as plain data", () => {
  class Point {
    x = 1;
  }
  class Money {
    toJSON() {
      return "12.50";
    }
  }
  expect(
    column([new Point(), new Money(), new Map([["a", new Date(1)]])])
      .rows()
      .map(({ x }) => x),
  ).toEqual([{ x: 1 }, "12.50", new Map([["a", new Date(1)]])]);
});

describe("reading", () => {
  test("at counts from the end where the number is negative", () => {
    expect(owners().at(-1)).toEqual({ owner: "alex", pet: "puppy", age: 1 });
    expect([
      owners().at(3),
      owners().at(-4),
      owners().column("age").at(9),
      owners().column("age").get(9),
    ]).toEqual([undefined, undefined, undefined, null]);
  });

  test("a table is iterable, and every pass gives new rows", () => {
    const table = owners();
    expect([...table]).toEqual(table.rows());
    expect(table.rows()[0]).not.toBe(table.rows()[0]);
  });

  test("head and select give tables that stand alone", () => {
    expect(owners().head(2).select("pet", "age").rows()).toEqual([
      { pet: "fish", age: 2 },
      { pet: "cat", age: null },
    ]);
    expect(owners().head(1).columns[2]).toEqual({ name: "age", type: "integer", nullable: false });
    expect([owners().head(0).length, owners().head(-1).length, owners().head(99).length]).toEqual([
      0, 0, 3,
    ]);
    const long = column(Array.from({ length: 5000 }, (_, row) => row));
    expect(long.head(5).byteLength).toBeLessThan(1000);
    const words = column(
      Array.from({ length: 9000 }, (_, row) => (row ? `word ${row % 3000}` : null)),
    );
    expect(words.head(3).byteLength).toBeLessThan(1000);
    expect(words.head(3).rows()).toEqual([{ x: null }, { x: "word 1" }, { x: "word 2" }]);
  });

  test("numbers without a null come as a typed array", () => {
    expect(column([1, 2]).column("x").toArray()).toStrictEqual(Int32Array.of(1, 2));
    expect(column([0.5]).column("x").toArray()).toStrictEqual(Float64Array.of(0.5));
    expect(column([unsafe]).column("x").toArray()).toStrictEqual(BigInt64Array.of(unsafe));
  });

  test("a column that does not exist is an error that lists those that do", () => {
    for (const ask of [
      () => owners().column("nme" as "pet"),
      () => owners().select("nme" as "pet"),
    ]) {
      expect(ask).toThrow(ConnError);
      expect(ask).toThrow(/no column "nme"[^]*owner, pet, age/);
    }
    expect(owners().getChild("nme")).toBeNull();
  });
});

test("another meta is another facade over the same rows", () => {
  const table = owners();
  const hit = table.withMeta({ cached: true, age: 1, ms: 2 });
  expect(table.meta).toEqual({ cached: false, age: 0, ms: 0 });
  expect(hit.meta).toEqual({ cached: true, age: 1, ms: 2 });
  expect(hit.rows()).toEqual(table.rows());
  expect(hit.columns).toBe(table.columns);
});

test("JSON.stringify gives rows, with exact text for bigint and base64 for bytes at any depth", () => {
  const table = Table.fromRows([
    { a: 1, b: unsafe, c: Uint8Array.of(1, 2), d: { e: [1n] }, f: new Date(0), g: null },
  ]);
  expect(JSON.parse(JSON.stringify(table))).toEqual([
    {
      a: 1,
      b: "9007199254740993",
      c: "AQI=",
      d: { e: ["1"] },
      f: "1970-01-01T00:00:00.000Z",
      g: null,
    },
  ]);
});

describe("the builder", () => {
  test("takes rows, objects and columns in turn", () => {
    const builder = new TableBuilder([{ name: "a" }, { name: "b", type: "timestamp" }]);
    builder.append([1]);
    builder.appendRows([[2, new Date(2)]]);
    builder.appendObject({ b: new Date(3), other: 1 });
    builder.appendColumns(
      [Int32Array.of(4, 5), { values: Float64Array.of(4, 5), valid: Uint8Array.of(0b10) }],
      2,
    );
    expect(builder.length).toBe(5);
    expect(builder.finish({ ms: 12 }).rows()).toEqual([
      { a: 1, b: null },
      { a: 2, b: new Date(2) },
      { a: null, b: new Date(3) },
      { a: 4, b: null },
      { a: 5, b: new Date(5) },
    ]);
  });

  test("refuses a row that is too long, columns of the wrong number or length, and a second finish", () => {
    const builder = new TableBuilder([{ name: "a" }]);
    const refused = expect.objectContaining({ code: "CONN_ARGUMENT" }) as Error;
    expect(() => builder.append([1, 2])).toThrow(refused);
    expect(() => builder.appendColumns([[1], [2]], 1)).toThrow(refused);
    expect(() => builder.appendColumns([[1]], 2)).toThrow(refused);
    expect(() => Table.fromColumns({ a: [1], b: [] })).toThrow(refused);
    builder.finish();
    expect(() => builder.finish()).toThrow(refused);
  });

  const adopted: [
    string,
    ColumnType | undefined,
    ArrayLike<unknown>,
    unknown,
    ColumnType,
    unknown[],
  ][] = [
    ["doubles", undefined, Float64Array.of(1.5, 2), "x", "unknown", [1.5, null, "x"]],
    ["doubles", undefined, Float64Array.of(1.5, 2), 3.5, "float", [1.5, null, 3.5]],
    ["single floats", "float", Float32Array.of(0.5, 2), 0.1, "float", [0.5, null, 0.1]],
    [
      "bytes as integers",
      undefined,
      Uint8Array.of(200, 2),
      100_000,
      "integer",
      [200, null, 100_000],
    ],
    [
      "bytes, and an integer beyond 32 bits",
      undefined,
      Int8Array.of(1, 2),
      2 ** 40,
      "integer",
      [1, null, 2 ** 40],
    ],
    ["unsigned words", "integer", Uint32Array.of(4e9, 2), -1, "integer", [4e9, null, -1]],
    ["bytes as booleans", "boolean", Uint8Array.of(1, 0), false, "boolean", [true, null, false]],
    [
      "instants",
      "timestamp",
      Float64Array.of(1, 2),
      new Date(3),
      "timestamp",
      [new Date(1), null, new Date(3)],
    ],
    ["safe 64-bit integers", undefined, BigInt64Array.of(1n, 2n), 3, "integer", [1, null, 3]],
    [
      "unsafe 64-bit integers",
      undefined,
      BigInt64Array.of(unsafe, 2n),
      3n,
      "integer",
      [unsafe, null, 3n],
    ],
    [
      "unsigned 64-bit integers",
      "integer",
      BigUint64Array.of(2n ** 63n, 2n),
      3,
      "integer",
      [2n ** 63n, null, 3n],
    ],
    ["doubles declared text", "string", Float64Array.of(1.5, 2), "x", "unknown", [1.5, null, "x"]],
  ];
  test.each(adopted)(
    "takes %s (%s) over, and still grows",
    (_, type, values, next, expected, rows) => {
      const builder = new TableBuilder([{ name: "x", type }]);
      builder.appendColumns([{ values, valid: Uint8Array.of(0b01) }], 2);
      builder.append([next]);
      const table = builder.finish<{ x: unknown }>();
      expect(table.columns[0]).toEqual({ name: "x", type: expected, nullable: true });
      expect(table.rows().map(({ x }) => x)).toEqual(rows);
    },
  );
});

test("a table of six mixed columns and 100,000 rows takes at most 7 MB", () => {
  const rows = Array.from({ length: 100_000 }, (_, row) => [
    row,
    row / 3,
    `pet ${row % 100}`,
    row % 2 === 0,
    new Date(row),
    row % 5 ? row : null,
  ]);
  expect(Table.fromArrays(rows, ["a", "b", "c", "d", "e", "f"]).byteLength).toBeLessThan(7e6);
});

test("an instant between two milliseconds is the Date of the first, before 1970 too", () => {
  const instants = [[1.5], [-0.5], [-1000.001], [null]];
  const table = Table.fromArrays<{ at: Date | null }>(instants, [
    { name: "at", type: "timestamp" },
  ]);
  const expected = [1, -1, -1001];
  const times = (dates: Iterable<Date | null>): (number | undefined)[] =>
    [...dates].map((date) => date?.getTime());
  expect(times(table.rows().map(({ at }) => at))).toEqual([...expected, undefined]);
  expect(times(table.column("at").toArray())).toEqual([...expected, undefined]);
  expect(table.at(1)?.at?.getTime()).toBe(-1);
});

test("typed arrays that are appended one after the other keep values, types and nulls", () => {
  const specs = [
    { name: "good", type: "boolean" },
    { name: "count", type: "integer" },
    { name: "weight", type: "float" },
    { name: "born", type: "timestamp" },
  ] as const;
  const builder = new TableBuilder(specs);
  const expected: unknown[] = [];
  for (let part = 0; part < 50; part++) {
    // Of lengths that are no multiple of eight, every other one with nulls.
    const length = 10 + part;
    const valid = part % 2 ? new Uint8Array((length + 7) >> 3).fill(0b1101_1011) : undefined;
    const wide = part > 25 ? 2 ** 40 : 0;
    const rows = Array.from({ length }, (_, row) => row);
    const chunk = (values: Uint8Array | Int32Array | Float64Array) => ({ values, valid });
    builder.appendColumns(
      [
        chunk(Uint8Array.from(rows, (row) => row % 2)),
        chunk(
          wide
            ? Float64Array.from(rows, (row) => row + wide)
            : Int32Array.from(rows, (row) => -row),
        ),
        chunk(Float64Array.from(rows, (row) => row / 4)),
        chunk(Float64Array.from(rows, (row) => row * 1000 + 0.25)),
      ],
      length,
    );
    for (const row of rows) {
      const isNull = valid && (valid[row >> 3]! & (1 << (row & 7))) === 0;
      expected.push(
        isNull
          ? { good: null, count: null, weight: null, born: null }
          : {
              good: row % 2 === 1,
              count: wide ? row + wide : 0 - row,
              weight: row / 4,
              born: new Date(row * 1000),
            },
      );
    }
  }
  const table = builder.finish();
  expect(table.columns.map(({ type }) => type)).toEqual(specs.map(({ type }) => type));
  expect(table.rows()).toEqual(expected);
  expect(table.column("count").nullCount).toBe(
    expected.filter((row) => (row as { count: unknown }).count === null).length,
  );
});
