import { connection } from "@conn/core";
import { RedisConnection } from "./connection.ts";

const conn = await connection("pets", { type: RedisConnection });
const pets = await conn.read("pet:*");
console.log(pets);
