import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isReference,
  isTable,
  mergeSections,
  mergeTables,
  type RawSection,
  type Table,
} from "../src/secrets/merge.ts";
import { seed } from "./secrets-support.ts";

const key = fc.constantFrom(
  "a",
  "b",
  "c",
  "__proto__",
  "constructor",
  "toString",
  "prototype",
  "env",
  "file",
);
const { tree } = fc.letrec<{ tree: Table; value: unknown }>((tie) => ({
  tree: fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: false }),
  value: fc.oneof(
    { maxDepth: 3 },
    fc.integer(),
    fc.string(),
    fc.array(fc.integer(), { maxLength: 2 }),
    tie("tree"),
  ),
}));

/** What the later of two values leaves, told in the plainest way. */
function expected(base: unknown, over: unknown, outermost = false): unknown {
  if (!isTable(over) || (isReference(over) && !outermost)) return over;
  const below: Table = isTable(base) && (outermost || !isReference(base)) ? base : {};
  const keys = [...new Set([...Object.keys(below), ...Object.keys(over)])];
  return new Map(
    keys.map((name) => [
      name,
      plain(Object.hasOwn(over, name) ? expected(own(below, name), over[name]) : below[name]),
    ]),
  );
}

function plain(value: unknown): unknown {
  return isTable(value)
    ? new Map(Object.keys(value).map((name) => [name, plain(value[name])]))
    : value;
}

function own(table: Table, name: string): unknown {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

describe("mergeTables", () => {
  it("lets the later win key by key, table by table, for any keys", () => {
    fc.assert(
      fc.property(tree, tree, (base, over) => {
        const before = JSON.stringify([base, over]);
        expect(plain(mergeTables(base, over))).toEqual(expected(base, over, true));
        expect(JSON.stringify([base, over])).toBe(before);
      }),
      { seed, numRuns: 500 },
    );
  });

  it("is the same whichever two of three are merged first", () => {
    // References are replaced whole, which depends on what came before; plain tables do not.
    const simple = fc.dictionary(
      fc.constantFrom("a", "b", "__proto__"),
      fc.dictionary(fc.constantFrom("c", "d"), fc.integer()),
    );
    fc.assert(
      fc.property(simple, simple, simple, (one, two, three) => {
        expect(plain(mergeTables(mergeTables(one, two), three))).toEqual(
          plain(mergeTables(one, mergeTables(two, three))),
        );
      }),
      { seed },
    );
  });

  it("changes no prototype, and gives tables without one", () => {
    fc.assert(
      fc.property(tree, tree, (base, over) => {
        const merged = mergeTables(base, over);
        expect(Object.getPrototypeOf(merged)).toBeNull();
        expect(merged["hasOwnProperty"]).toBe(own(merged, "hasOwnProperty"));
        expect(({} as Table)["a"]).toBeUndefined();
      }),
      { seed },
    );
  });

  it("replaces a reference whole", () => {
    const merged = mergeTables(
      { password: { env: "A", default: "x" } },
      { password: { file: "b" } },
    );
    expect(plain(merged)).toEqual(plain({ password: { file: "b" } }));
  });
});

describe("mergeSections", () => {
  it("keeps the place of each value that is left, and of no other", () => {
    const section = (file: string, values: Table, ...paths: string[]): RawSection => ({
      values,
      origins: new Map(["", ...paths].map((path) => [path, { file }])),
    });
    const merged = mergeSections(
      section(
        "global",
        { a: 1, b: { c: 1, d: 2 }, e: { f: 1 }, g: { env: "X" } },
        "a",
        "b",
        "b.c",
        "b.d",
        "e",
        "e.f",
        "g",
        "g.env",
      ),
      section("project", { b: { c: 3 }, e: 5, g: "text" }, "b", "b.c", "e", "g"),
    );
    expect(
      Object.fromEntries(
        [...merged.origins].map(([path, origin]) => [path, (origin as { file: string }).file]),
      ),
    ).toEqual({
      "": "project",
      a: "global",
      b: "project",
      "b.c": "project",
      "b.d": "global",
      e: "project",
      g: "project",
    });
  });
});
