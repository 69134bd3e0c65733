import { describe, expect, it } from "vitest";
import { compileGlob, isGlob } from "../src/glob.ts";

describe("a pattern", () => {
  it.each([
    ["*.csv", ["a.csv", ".csv"], ["a.json", "x/a.csv"]],
    ["a?c", ["abc", "a🐟c"], ["ac", "abbc", "a/c"]],
    ["**/*.csv", ["a.csv", "x/a.csv", "x/y/a.csv"], ["a.json"]],
    ["x/**", ["x/a", "x/y/a"], ["xa", "y/x/a"]],
    ["x/**/y", ["x/y", "x/a/y", "x/a/b/y"], ["x/ay"]],
    ["[a-c]x", ["ax", "cx"], ["dx", "-x"]],
    ["[!a-c]x", ["dx"], ["ax"]],
    ["[]]", ["]"], ["["]],
    ["[*]", ["*"], ["a"]],
    ["{a,b}.{csv,json}", ["a.csv", "b.json"], ["c.csv", "a.txt"]],
    ["x]}", ["x]}"], ["x"]],
    ["plain", ["plain"], ["plainer"]],
  ])("%s", (pattern, matching, others) => {
    const { matches } = compileGlob(pattern);
    expect(matching.filter((path) => !matches(path))).toEqual([]);
    expect(others.filter((path) => matches(path))).toEqual([]);
  });

  it.each(["[a", "{a", "{a,{b}}", "{a,b}".repeat(9)])("%s is refused", (pattern) => {
    expect(() => compileGlob(pattern)).toThrow(/pattern/);
  });

  it("costs no more than its length times the name's", () => {
    const { matches } = compileGlob(`${"*a".repeat(200)}b`);
    // Any walk that tries all ways to place the stars would not end.
    expect(matches("a".repeat(20_000))).toBe(false);
  });

  it("is told from a name", () => {
    expect(["a*", "a?", "a[b]", "{a}"].every(isGlob)).toBe(true);
    expect(["a", "a]b", "a}b", "a.b"].some(isGlob)).toBe(false);
  });
});
