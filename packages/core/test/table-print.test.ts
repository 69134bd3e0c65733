import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { printable, Table } from "../src/table.ts";

const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

test("a table prints as a box with numbers to the right", () => {
  const table = Table.fromRows([
    { owner: "jerry", pet: "fish", age: 2 },
    { owner: "barbara", pet: "cat", age: null },
  ]);
  expect(table.toString({ width: 80 })).toBe(
    [
      "┌─────────┬──────┬──────┐",
      "│ owner   │ pet  │  age │",
      "├─────────┼──────┼──────┤",
      "│ jerry   │ fish │    2 │",
      "│ barbara │ cat  │ null │",
      "└─────────┴──────┴──────┘",
      "2 rows × 3 columns",
    ].join("\n"),
  );
});

test("wide letters, emoji and combining marks keep the lines straight", () => {
  const table = Table.fromRows(
    ["fish", "猫と犬", "🐠", "👩‍👩‍👧", "❤️", "e\u0301", "ｆｕｌｌ", "한국"].map((pet) => ({ pet })),
  );
  expect(table.toString({ width: 80 }).split("\n").slice(3, -2)).toEqual([
    "│ fish     │",
    "│ 猫と犬   │",
    "│ 🐠       │",
    "│ 👩‍👩‍👧       │",
    "│ ❤️       │",
    "│ e\u0301        │",
    "│ ｆｕｌｌ │",
    "│ 한국     │",
  ]);
});

test("the middle rows and columns are left out, counted and named", () => {
  const names = Array.from({ length: 30 }, (_, index) => `column${index}`);
  const rows = Array.from({ length: 1000 }, (_, row) => names.map((_, index) => row * index));
  const lines = Table.fromArrays(rows, names).toString({ width: 60, rows: 4 }).split("\n");
  expect(lines).toHaveLength(10);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
  expect(lines[1]).toMatch(/column0 .*│ … │.* column29 │/);
  expect(lines[5]).toMatch(/^│\s+… │/);
  expect(lines.at(-1)).toMatch(/^1,000 rows × 30 columns, 2\d more columns: column\d/);
});

test.each([1, 20, 33, 40, 80, 200])("no line is longer than a terminal of %i columns", (width) => {
  const table = Table.fromArrays(
    [["x".repeat(500), 123_456_789, new Date(0), "猫".repeat(100), null, "short"]],
    ["a very long name of a column that says little", "n", "when", "cats", "nothing", "last"],
  );
  // Below 20 columns no table can be read, so that is the least.
  for (const line of table.toString({ width }).split("\n")) {
    expect(line.replaceAll("猫", "猫猫").length).toBeLessThanOrEqual(Math.max(20, width));
  }
});

test("numbers and instants are shown whole or not at all", () => {
  const table = Table.fromArrays(
    [["x".repeat(90), 1234567890123, new Date(0)]],
    ["text", "n", "when"],
  );
  for (let width = 20; width < 90; width++) {
    const cells = table.toString({ width }).split("\n")[3]!;
    expect(cells).not.toMatch(/\d…/);
  }
});

test("console.log shows the table, with null dim in color, and its size alone inside of another object", () => {
  const table = Table.fromRows([{ a: 1, b: null }]);
  expect(inspect(table)).toContain("│ 1 │ null │");
  expect(inspect(table, { colors: true })).toContain("│ 1 │ \u001b[90mnull\u001b[39m │");
  expect(inspect({ table })).toBe("{ table: Table(1 row × 2 columns) }");
});

test("a table of no rows or no columns prints", () => {
  expect(Table.fromArrays([], ["a"]).toString()).toContain("│ a │");
  expect(Table.fromRows([]).toString()).toBe("0 rows × 0 columns");
});

describe("nothing in a cell or a name acts on the terminal", () => {
  const cases: [string, string, string][] = [
    ["clear screen", "\u001b[2J", String.raw`\x1b[2J`],
    ["OSC 0, the title", "\u001b]0;owned\u0007", String.raw`\x1b]0;owned\x07`],
    ["OSC 8, a link", "\u001b]8;;http://x\u001b\\", String.raw`\x1b]8;;http://x\x1b` + "\\"],
    ["OSC 52, the clipboard", "\u001b]52;c;AAAA\u0007", String.raw`\x1b]52;c;AAAA\x07`],
    ["C1 control sequence", "\u009b2J", String.raw`\x9b2J`],
    ["a lone return", "safe\revil", String.raw`safe\revil`],
    ["backspace", "ab\b\bcd", String.raw`ab\x08\x08cd`],
    ["bell", "\u0007", String.raw`\x07`],
    ["right-to-left override", "a\u202eb", String.raw`a\u202eb`],
    ["isolates", "\u2066a\u2069", String.raw`\u2066a\u2069`],
    ["zero width", "a\u200b\u200d\ufeffb", String.raw`a\u200b\u200d\ufeffb`],
    ["tag characters", "a\u{e0041}", String.raw`a\u{e0041}`],
    ["a filler that draws nothing", "a\u3164", String.raw`a\u3164`],
    ["tabs and newlines", "a\tb\nc\r\nd", String.raw`a\tb\nc\r\nd`],
    ["line and paragraph separators", "a\u2028b\u2029", String.raw`a\u2028b\u2029`],
    ["NUL and DEL", "\0\u007f", String.raw`\x00\x7f`],
    ["half a surrogate pair", "a\ud800", String.raw`a\ud800`],
    ["a thousand combining marks", `a${"\u0301".repeat(1000)}b`, `a${"\u0301".repeat(4)}…b`],
    ["a mark without a letter", "\u0301a", "\u25cc\u0301a"],
    ["an emoji of several parts is left whole", "👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿 1️⃣", "👩‍👩‍👧 🏴󠁧󠁢󠁥󠁮󠁧󠁿 1️⃣"],
    ["plain text is left alone", "Barbara's ĉat — 猫 ישראל", "Barbara's ĉat — 猫 ישראל"],
  ];
  test.each(cases)("%s", (_, raw, shown) => {
    expect(printable(raw)).toBe(shown);
    const table = Table.fromArrays([[raw], [[raw]]], [raw]);
    for (const text of [table.toString({ width: 200 }), inspect(table)]) {
      const rest = text.replaceAll(
        /\p{Extended_Pictographic}(?:\u200d|\ufe0f|\p{Extended_Pictographic}|[\u{e0000}-\u{e007f}])*/gu,
        "",
      );
      expect(rest.replaceAll("\n", "")).not.toMatch(hidden);
    }
  });

  test("a cell of megabytes is shown by its beginning", () => {
    const text = Table.fromArrays([["\u001b".repeat(5_000_000)]], ["a"]).toString({ width: 80 });
    expect(text.length).toBeLessThan(500);
    expect(text).toContain(String.raw`\x1b\x1b`);
  });
});
