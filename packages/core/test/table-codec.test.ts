import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Table } from "../src/table.ts";
import { decode, encode } from "../src/table/codec.ts";
import { seed } from "./support.ts";

const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      null,
      undefined,
      true,
      false,
      -0,
      Number.NaN,
      Infinity,
      "\ud800",
      "\udc00x",
      "",
    ),
    fc.integer(),
    fc.double(),
    fc.bigInt(),
    fc.string({ unit: "binary" }),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array(),
    fc.float64Array(),
    fc.bigInt64Array(),
    fc.array(tie("any")),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor")), tie("any"), {
      noNullPrototype: false,
    }),
    fc.array(fc.tuple(fc.string(), tie("any"))).map((entries) => new Map(entries)),
    fc.array(fc.string()).map((items) => new Set(items)),
  ),
})).any;

const cell = fc.oneof(
  fc.constant(null),
  fc.integer(),
  fc.double(),
  fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
  fc.string({ unit: "binary" }),
  fc.boolean(),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array(),
  fc.json().map((text) => JSON.parse(text) as unknown),
);
const columns = fc.oneof(
  ...[
    fc.integer(),
    fc.double(),
    fc.bigInt(),
    fc.string({ unit: "binary" }),
    fc.constantFrom("fish", "cat"),
    fc.boolean(),
    fc.date({ noInvalidDate: true }),
    fc.uint8Array(),
    cell,
  ].map((each) => fc.array(fc.option(each), { minLength: 12, maxLength: 12 })),
);

test("every value comes back as it was", () => {
  fc.assert(
    fc.property(value, (original) => {
      // Node's comparison tells NaN, -0, prototypes and own `constructor` properties apart.
      assert.deepStrictEqual(decode(encode(original)!)?.value, original);
    }),
    { seed, numRuns: 500 },
  );
});

// By itself, since Node 20 takes no two of them for equal.
test("a Date that is none comes back as one that is none", () => {
  const at = decode(encode(new Date(Number.NaN))!)?.value;
  assert.ok(at instanceof Date && Number.isNaN(at.getTime()));
  const table = Table.fromColumns({ at: [new Date(Number.NaN), new Date(0)] });
  const copy = decode(encode(table)!)?.value as Table;
  assert.deepEqual(
    copy.rows().map((row) => String(row["at"])),
    table.rows().map((row) => String(row["at"])),
  );
});

test("every table comes back with its rows, types and meta", () => {
  fc.assert(
    fc.property(fc.array(columns, { maxLength: 6 }), (values) => {
      const original = Table.fromColumns(
        Object.fromEntries(values.map((each, index) => [`c${index}`, each])),
        {
          meta: { ms: 3, truncated: true },
        },
      );
      const copy = decode(encode(original)!)?.value as Table;
      expect(copy).toBeInstanceOf(Table);
      expect(copy.rows()).toStrictEqual(original.rows());
      expect(copy.columns).toEqual(original.columns);
      expect(copy.meta).toEqual(original.meta);
    }),
    { seed, numRuns: 300 },
  );
});

test("every declared type, its scale, duplicates of names and an empty table survive", () => {
  const table = Table.fromArrays(
    [],
    [
      { name: "a", type: "decimal", scale: 2 },
      { name: "a", type: "uuid" },
      { name: "__proto__", type: "interval" },
    ],
  );
  const copy = decode(encode({ nested: [table] })!)!.value as { nested: [Table] };
  expect(copy.nested[0].columns).toEqual(table.columns);
});

test("microseconds of an instant survive", () => {
  const table = Table.fromArrays([[1.001]], [{ name: "t", type: "timestamp" }]);
  expect((decode(encode(table)!)!.value as Table).toCSV()).toBe(
    "t\r\n1970-01-01T00:00:00.001001Z\r\n",
  );
});

test("values that are no data cannot be encoded", () => {
  const loop: unknown[] = [];
  loop.push(loop);
  class Owner {
    name = "jerry";
  }
  for (const bad of [
    () => 1,
    Symbol("x"),
    [() => 1],
    { a: Symbol("x") },
    loop,
    new Owner(),
    /x/,
    new Error("x"),
    Promise.resolve(),
  ]) {
    expect(encode(bad)).toBeUndefined();
  }
});

describe("bytes that are not what encode made are a miss", () => {
  const table = Table.fromRows([
    { a: 1, b: "x", c: [1], d: new Date(0), e: null, f: true, g: 2n ** 70n },
  ]);
  const good = encode(table)!;

  test("any flipped bit, any missing tail, anything added", () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(7), (at, bit) => {
        const bad = Uint8Array.from(good);
        bad[at]! ^= 1 << bit;
        expect(decode(bad)).toBeUndefined();
        expect(decode(good.subarray(0, at))).toBeUndefined();
      }),
      { seed },
    );
    expect(decode(Uint8Array.of(...good, 0))).toBeUndefined();
  });

  test("another version, another byte order, foreign bytes", () => {
    for (const [index, byte] of [
      [4, 0],
      [4, 2],
      [5, 0],
    ] as const) {
      const bad = Uint8Array.from(good);
      bad[index] = byte;
      expect(decode(bad)).toBeUndefined();
    }
    for (const foreign of ["", "CONN", "{}", "x".repeat(100)])
      expect(decode(Buffer.from(foreign))).toBeUndefined();
  });

  test("forged bytes with a right checksum make plain data or nothing, and never more memory than they have", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 39), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const forged = Uint8Array.from(good);
          for (const [at, byte] of changes) forged[38 + at] = byte;
          const decoded = decode(sign(forged));
          const found = decoded?.value;
          if (found instanceof Table) {
            expect(found.rows()).toHaveLength(found.length);
            expect(() => [String(found), found.toCSV(), JSON.stringify(found)]).not.toThrow();
          }
          expect(Object.keys(Object.prototype)).toEqual([]);
        },
      ),
      { seed, numRuns: 2000 },
    );
    expect(decode(sign(forge([12, 255, 255, 255, 255])))).toBeUndefined();
    expect(
      decode(sign(forge(Array.from({ length: 50_000 }, () => [12, 1, 0, 0, 0]).flat()))),
    ).toBeUndefined();
  });

  function forge(body: readonly number[]): Uint8Array {
    return Uint8Array.from([...good.subarray(0, 38), ...body]);
  }
});

test("what is decoded does not keep the entry's bytes", () => {
  const bytes = encode({ a: Uint8Array.of(1, 2), b: Float64Array.of(1) })!;
  const { a } = decode(bytes)!.value as { a: Uint8Array };
  expect(a.buffer.byteLength).toBe(2);
  bytes.fill(0);
  expect(a).toEqual(Uint8Array.of(1, 2));
});

function sign(forged: Uint8Array): Uint8Array {
  const hash = createHash("sha256")
    .update(forged.subarray(0, 6))
    .update(forged.subarray(38))
    .digest();
  forged.set(hash, 6);
  return forged;
}
