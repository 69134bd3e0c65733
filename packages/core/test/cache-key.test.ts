import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonical } from "../src/cache-key.ts";
import { seed } from "./support.ts";

/** Equality as a source sees it: NaN equals itself, and 0 is not -0. */
const same = (left: unknown, right: unknown): boolean => {
  try {
    expect(left).toStrictEqual(right);
    return true;
  } catch {
    return false;
  }
};

const value = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: false,
  withBoxedValues: false,
  withNullPrototype: false,
  maxDepth: 3,
});

describe("the canonical form of a call", () => {
  it("differs whenever two values differ", () => {
    fc.assert(
      fc.property(value, value, (left, right) => {
        expect(canonical(left) === canonical(right)).toBe(same(left, right));
      }),
      { seed, numRuns: 2000 },
    );
  });

  it("is the same for an equal value, whatever the order of its keys", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), value), (entries) => {
        const reversed = Object.fromEntries(Object.entries(entries).reverse());
        expect(canonical(reversed)).toBe(canonical(structuredClone(entries)));
      }),
      { seed },
    );
  });

  it.each([
    [1, "1"],
    [1, 1n],
    [null, undefined],
    [null, "null"],
    [0, -0],
    [[], {}],
    [[undefined], []],
    [{ a: undefined }, {}],
    [new Date(0), "1970-01-01T00:00:00.000Z"],
    [new Date(0), 0],
    [new Uint8Array([1]), [1]],
    [new Uint8Array([1, 0]), new Uint16Array([1])],
    [new Set([1]), [1]],
    [new Map([[1, 2]]), { 1: 2 }],
    ["a,b", ["a", "b"]],
    [["a", "b"], ["a,b"]],
    [{ a: 1, b: 2 }, { a: "1,b:2" }],
    [new URL("http://a"), "http://a/"],
    [/a/g, /a/i],
  ])("tells %o from %o", (left, right) => {
    expect(canonical(left)).not.toBe(canonical(right));
  });

  it("takes a Buffer for the bytes that it holds", () => {
    expect(canonical(Buffer.from("fish"))).toBe(canonical(new Uint8Array(Buffer.from("fish"))));
  });

  it.each([
    ["a function", () => {}],
    ["a symbol", Symbol("fish")],
    ["an instance of Pet", new (class Pet {})()],
  ])("refuses %s, whose equality nobody can tell", (what, unclear) => {
    expect(() => canonical([unclear])).toThrow(
      expect.objectContaining({ code: "CONN_ARGUMENT", message: expect.stringContaining(what) }),
    );
  });

  it("refuses a value that contains itself", () => {
    const ring: unknown[] = [];
    ring.push(ring);
    expect(() => canonical(ring)).toThrow(expect.objectContaining({ code: "CONN_ARGUMENT" }));
  });
});
