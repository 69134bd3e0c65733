import fc from "fast-check";
import { parse, stringify } from "smol-toml";
import { describe, expect, it } from "vitest";
import { type KeyNode, locateKeys } from "../src/secrets/locate.ts";
import { isTable } from "../src/secrets/merge.ts";
import { seed } from "./secrets-support.ts";

/** Every key of a parsed document as a path, arrays' tables and arrays counted. */
function pathsOf(value: unknown, above: readonly string[] = []): string[][] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => {
      const path = [...above, String(index)];
      return typeof item === "object" && item !== null && !(item instanceof Date)
        ? [path, ...pathsOf(item, path)]
        : [];
    });
  }
  if (!isTable(value)) return [];
  return Object.keys(value).flatMap((key) => [
    [...above, key],
    ...pathsOf(value[key], [...above, key]),
  ]);
}

function nodesOf(node: KeyNode, above: readonly string[] = []): string[][] {
  return [...node.children].flatMap(([key, child]) => [
    [...above, key],
    ...nodesOf(child, [...above, key]),
  ]);
}

function placeOf(text: string, ...path: string[]): string {
  let node = locateKeys(text);
  for (const key of path) node = node.children.get(key)!;
  return `${node.place.line}:${node.place.column}`;
}

const text = fc.oneof(
  fc.string(),
  fc.constantFrom('"', "'", '"""', "'''", "#", "[x]", "a = 1", "\\", "}", "]", "\n[a]\n", "é"),
);
const { table } = fc.letrec<{ table: Record<string, unknown>; value: unknown }>((tie) => ({
  table: fc.dictionary(text, tie("value"), { maxKeys: 4 }),
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(new Date(86_400_000)),
    fc.array(text, { maxLength: 3 }),
    fc.array(fc.array(text, { maxLength: 2 }), { maxLength: 2 }),
    fc.array(tie("table"), { maxLength: 3 }),
    tie("table"),
  ),
}));

describe("locateKeys", () => {
  it("finds the very keys that the parser finds, each where it stands", () => {
    fc.assert(
      fc.property(table, (value) => {
        const source = stringify(value);
        const sort = (paths: string[][]): string[] =>
          paths.map((path) => JSON.stringify(path)).sort();
        const root = locateKeys(source);
        expect(sort(nodesOf(root))).toEqual(sort(pathsOf(parse(source))));
        const lines = source.split("\n");
        for (const path of nodesOf(root)) {
          const key = path.at(-1)!;
          if (!/^[a-z]+$/.test(key)) continue;
          let node = root;
          for (const part of path) node = node.children.get(part)!;
          expect(lines[node.place.line - 1]!.slice(node.place.column - 1)).toMatch(
            new RegExp(`^"?${key}`),
          );
        }
      }),
      { seed, numRuns: 300 },
    );
  });

  it.each<[string, string, string[], string]>([
    ["a header", "# comment\n[connections.pet_db]\n", ["connections", "pet_db"], "2:14"],
    ["a key behind blanks", "[a]\n\n  port = 5", ["a", "port"], "3:3"],
    ["a dotted key", "a.b . 'c d' = 1", ["a", "b", "c d"], "1:7"],
    ["CRLF and a byte order mark", '\ufeffa = 1\r\n"b" = 2\r\n', ["b"], "2:1"],
    ["a key after a multi-line string", 'a = """\n[x]\n" "" \\"" \n""""\nb = 1', ["b"], "5:1"],
    ["a key after a literal string", "a = '''\n''''\nb = 1", ["b"], "3:1"],
    ["a key after an array over lines", 'a = [ # ]\n "]", [1, 2],\n]\nb = 1', ["b"], "4:1"],
    ["an inline table", 'a = { b = { c = "}" }, d = 1 }', ["a", "d"], "1:24"],
    ["a table in an array", "a = [1, { b = 1 }, { c = 2 }]", ["a", "2", "c"], "1:22"],
    ["an array of tables", "[[a]]\nb = 1\n[[a]]\nb = 2\n[a.c]\nd = 1", ["a", "1", "c", "d"], "6:1"],
    ["a header after its subtable", "[a.b]\n[a]\nc = 1", ["a"], "2:2"],
    ["an escaped key", '"\\u0061\\tb" = 1', ["a\tb"], "1:1"],
    ["a date with a blank", "a = 1979-05-27 07:32:00 # x\nb = 1", ["b"], "2:1"],
  ])("finds %s", (_, source, path, expected) => {
    parse(source);
    expect(placeOf(source, ...path)).toBe(expected);
  });

  it("ends on any text, also on one that no parser takes", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."[]{}\"'=.,#\n\\a1 ".split("")) }),
        (source) => {
          expect(locateKeys(source).place).toEqual({ line: 1, column: 1 });
        },
      ),
      { seed, numRuns: 1000 },
    );
  });

  it("takes a megabyte of keys, of brackets or of quotes in one pass", () => {
    const keys = Array.from({ length: 60_000 }, (_, index) => `key_${index} = ${index}`).join("\n");
    expect(locateKeys(keys).children.size).toBe(60_000);
    expect(locateKeys(`a = ${"[".repeat(1_000_000)}`).children.size).toBe(1);
    expect(locateKeys(`a = "${"'".repeat(1_000_000)}`).children.size).toBe(1);
  });
});
