/**
 * CPU milliseconds of reading all pets from a SQLite file: by conn to a Table, or by the bare driver to
 * arrays, with the cache off. Both read ten times first, as a server that has run for a while; the
 * mean of twenty more counts, their garbage collection included. `first` is the first read of a
 * process, packages loaded. `memory` prints the table's megabytes instead.
 */
import { DatabaseSync } from "node:sqlite";
import { connection } from "@conn/core";
import type {} from "@conn/sql";

const [contestant, file] = process.argv.slice(2);
const sql = "select * from pets";
const read = contestant === "bare" ? bare() : await ours();
if (contestant === "memory") {
  // Ten tables at once, after one that is let go: what a single one leaves behind does not count.
  await read();
  await new Promise((resolve) => setTimeout(resolve, 100));
  const before = used();
  const tables: unknown[] = [];
  for (let copy = 0; copy < 10; copy++) tables.push(await read());
  await new Promise((resolve) => setTimeout(resolve, 100));
  console.log((used() - before) / 1e6 / tables.length);
} else {
  const [warmUp, rounds] = contestant === "first" ? [0, 1] : [10, 20];
  for (let round = 0; round < warmUp; round++) await read();
  // All rounds together, so that the garbage of each is paid for by who made it.
  const start = process.cpuUsage();
  for (let round = 0; round < rounds; round++) await read();
  const { user, system } = process.cpuUsage(start);
  console.log((user + system) / 1000 / rounds);
}

function bare(): () => unknown {
  const statement = new DatabaseSync(file!).prepare(sql);
  statement.setReturnArrays(true);
  return () => statement.all();
}

async function ours(): Promise<() => Promise<unknown>> {
  const conn = await connection("pets", { type: "sql", config: { url: `sqlite:///${file}` } });
  // Opening loads TypeORM; Python has imported its packages by now, too.
  await conn.client();
  return () => conn.query(sql, { ttl: 0 });
}

function used(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
