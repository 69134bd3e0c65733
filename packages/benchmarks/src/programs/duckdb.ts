/**
 * CPU milliseconds of reading a million pets from DuckDB in memory: by conn to a Table with the cache off,
 * or by the bare client to row objects or to columns. Each reads twice first, as a server that has run for a
 * while; the mean of five more counts, their garbage collection included. `stall` prints instead how many
 * milliseconds the event loop stood still at most while conn read: the median of the worst of each reading,
 * for a busy machine holds up everybody now and then.
 */
import { connection } from "@conn/core";
import { DuckDBConnection } from "@conn/duckdb";
import { median } from "../measure.ts";

const pets = `
  select i::integer as id, (i * 0.25 + 0.125)::double as weight, ['fish', 'cat', 'puppy'][1 + i % 3] as pet,
    i % 2 = 0 as fed, timestamp '2020-09-13 12:26:40' + to_minutes(i) as born,
    case when i % 10 <> 0 then 'owner ' || i % 100 end as owner
  from range(1000000) t(i)`;

const [contestant] = process.argv.slice(2);
const conn = await connection("pets", { type: DuckDBConnection });
await conn.execute(`create table pets as ${pets}`);
const read = contestant === "rows" || contestant === "columns" ? await bare(contestant) : ours;

for (let round = 0; round < 2; round++) await read();
if (contestant === "stall") {
  const worst: number[] = [];
  for (let round = 0; round < 5; round++) worst.push(await stallOf(read));
  console.log(median(worst));
} else {
  const start = process.cpuUsage();
  for (let round = 0; round < 5; round++) await read();
  const { user, system } = process.cpuUsage(start);
  console.log((user + system) / 1000 / 5);
}

function ours(): Promise<unknown> {
  return conn.query("select * from pets", { ttl: 0 });
}

async function bare(form: "rows" | "columns"): Promise<() => Promise<unknown>> {
  const handle = await (await conn.client()).connect();
  return async () => {
    const reader = await handle.runAndReadAll("select * from pets");
    return form === "rows" ? reader.getRowObjectsJS() : reader.getColumnsJS();
  };
}

/** The longest time between two turns of the event loop. */
async function stallOf(task: () => Promise<unknown>): Promise<number> {
  let last = performance.now();
  let worst = 0;
  const look = (): void => {
    const now = performance.now();
    worst = Math.max(worst, now - last);
    last = now;
  };
  const timer = setInterval(look, 1);
  await task();
  look();
  clearInterval(timer);
  return worst;
}
