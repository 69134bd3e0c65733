import { describe, expect, it } from "vitest";
import { didYouMean } from "../src/did-you-mean.ts";

describe("didYouMean", () => {
  it.each([
    ["conection", ["connections", "cache"], "connections"],
    ["connection", ["connections"], "connections"],
    ["pasword", ["username", "password", "port"], "password"],
    ["prot", ["host", "port"], "port"],
    ["poolsize", ["poolSize"], "poolSize"],
    ["pet-db", ["pet_db"], "pet_db"],
    ["PET_DB", ["pet_db"], "pet_db"],
    ["qeury", ["query", "client"], "query"],
    ["sqll", ["sql", "s3"], "sql"],
  ])("takes %s among %j for %s", (word, candidates, expected) => {
    expect(didYouMean(word, candidates)).toBe(expected);
  });

  it.each([
    ["zebra", ["connections", "cache"]],
    ["", ["a"]],
    ["ab", ["xy"]],
    ["pets", []],
    ["x".repeat(10_000), ["x".repeat(9_999)]],
  ])("guesses nothing for %s", (word, candidates) => {
    expect(didYouMean(word, candidates)).toBeUndefined();
  });

  it("takes the nearest, and the first of equally near ones", () => {
    expect(didYouMean("prt", ["part", "port"])).toBe("part");
    expect(didYouMean("tabel", ["cable", "table"])).toBe("table");
  });

  it("never answers with the word itself", () => {
    expect(didYouMean("port", ["port", "part"])).toBe("part");
  });
});
