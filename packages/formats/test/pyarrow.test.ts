import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { readTable } from "../src/index.ts";
import { source } from "./help.ts";

/** Files that pyarrow wrote: `fixtures/write-pyarrow.py` says how. */
async function read(name: string): ReturnType<typeof readTable> {
  return readTable(source(name, await readFile(new URL(`fixtures/${name}`, import.meta.url))));
}

const seen = "1969-12-31T23:59:59.999999";
const fedAt = new Date("1969-12-31T23:59:59.999Z");
const columns = {
  owner: ["jerry", "zoë 🐟", null, ""],
  pet: ["fish", "cat", null, "fish"],
  code: ["pet-0001", "pet-0002", "pet-0002", null],
  age: [2, null, -1, 4],
  chip: [1n, 9007199254740993n, null, -9223372036854775808n],
  largest: [18446744073709551615n, 0n, null, 1n],
  weight: [0.1, null, -1.5, 1e308],
  height: [0.5, null, -1.5, 2],
  fed: [true, null, false, true],
  price: ["-12345678901234567890.05", null, "0.00", "0.01"],
  born: ["2024-02-29", null, "0001-01-01", "1969-12-31"],
  meal: ["23:59:59.999999", null, "00:00:00", "07:30:00"],
  seen: [seen, null, seen, seen],
  fedAt: [fedAt, null, fedAt, null],
  photo: [Uint8Array.of(0, 255), null, new Uint8Array(), Uint8Array.of(120)],
  never: [null, null, null, null],
  visits: [["2024-01-01", null], null, [], ["0001-01-01"]],
  bills: [[{ sum: "1.50", at: fedAt }, null], null, [], [{ sum: null, at: null }]],
  home: [{ town: "Ulm", zip: 2 ** 40 }, null, { town: null, zip: null }, { town: "", zip: 1 }],
  tags: [[["a"], []], null, [], [null, ["b", null]]],
  counts: [{ cats: 2 }, null, {}, { cats: null, dogs: 1 }],
};
it.each([
  ["pyarrow.parquet", columns],
  ["pyarrow-lz4.parquet", columns],
  ["pyarrow-encodings.parquet", columns],
  ["pyarrow-lz4.feather", columns],
  ["pyarrow-zstd.feather", columns],
])("reads %s as pyarrow meant it", async (name, expected) => {
  const rows = (await read(name)).rows();
  const found = Object.fromEntries(
    Object.keys(rows[0]!).map((column) => [column, rows.map((row) => row[column])]),
  );
  expect(found).toEqual(expected);
});

it.each(["parquet", "feather"])(
  "names what maps of %s hold by their keys' text",
  async (format) => {
    expect((await read(`pyarrow-maps.${format}`)).rows()).toEqual([
      {
        days: { "2024-02-29": 1 },
        moments: { "1969-12-31T23:59:59.999Z": 1 },
        prices: { "1.50": 1 },
        chips: { "1152921504606846976": 1 },
      },
    ]);
  },
);

it("counts the values of lists itself, whatever number of nulls a page claims", async () => {
  const rows = (await read("pyarrow-empty-lists.parquet")).rows();
  const bills = (n: number): unknown[] => (n % 100 === 0 ? [{ sum: n, paid: [] }] : []);
  expect(rows).toEqual(Array.from({ length: 300 }, (_, n) => ({ n, bills: bills(n) })));
});

it.each(["pyarrow-lz4.feather", "pyarrow-zstd.feather"])(
  "bounds what %s is decompressed to, and refuses it with a reason where a byte changed",
  async (name) => {
    const bytes = await readFile(new URL(`fixtures/${name}`, import.meta.url));
    const limits = { decompressedSize: 100 };
    await expect(readTable(source(name, bytes), { limits })).rejects.toMatchObject({
      code: "CONN_LIMIT",
    });
    const outcomes = new Set<string>();
    for (let at = 0; at < bytes.length; at += 23) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 0x80;
      const outcome = await readTable(source(name, changed), { format: "arrow" }).then(
        (read) => (read.rows(), "read"),
        (error: Error & { code?: string }) => error.code ?? error.message,
      );
      outcomes.add(outcome);
    }
    outcomes.delete("CONN_LIMIT");
    expect([...outcomes].toSorted()).toEqual(["CONN_FORMAT", "read"]);
  },
);
