/** Microseconds of one hit of a peer cache over a thousand keys of ten rows. */
import { Keyv } from "keyv";
import { LRUCache } from "lru-cache";
import { petRows } from "../pet-tables.ts";

const [peer] = process.argv.slice(2);
const keys = 1000;
const count = peer === "keyv" ? 20_000 : 100_000;
const keyv = new Keyv();
const lru = new LRUCache<string, object>({ max: keys });
for (let key = 0; key < keys; key++) {
  const rows = petRows(10);
  await keyv.set(`key${key}`, rows);
  lru.set(`key${key}`, rows);
}
const get = peer === "keyv" ? (key: string) => keyv.get(key) : async (key: string) => lru.get(key);
for (let turn = 0; turn < count; turn++) await get(`key${turn % keys}`);
const start = process.cpuUsage();
for (let turn = 0; turn < count; turn++) await get(`key${turn % keys}`);
const { user, system } = process.cpuUsage(start);
console.log((user + system) / count);
