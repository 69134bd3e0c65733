/** Microseconds of one cached hit: on a table of the given rows, or over a thousand keys of ten rows. */
import { connection } from "@conn/core";
import { PetTables } from "../pet-tables.ts";

const [what, rowsText] = process.argv.slice(2);
const conn = await connection("hits", { type: PetTables });
const rows = Number(rowsText);
const keys = what === "keys" ? 1000 : 1;
for (let key = 0; key < keys; key++) await conn.read(rows, key);
const count = 100_000;
for (let turn = 0; turn < count; turn++) await conn.read(rows, turn % keys);
const start = process.cpuUsage();
for (let turn = 0; turn < count; turn++) await conn.read(rows, turn % keys);
const { user, system } = process.cpuUsage(start);
console.log((user + system) / count);
