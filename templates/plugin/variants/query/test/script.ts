/** A program that uses a connection and does not close it: it has to end by itself all the same. */
import { connection } from "@conn/core";
import { MySourceConnection } from "../src/index.ts";
import { password } from "./source.ts";

const conn = await connection("pets", {
  type: MySourceConnection,
  config: { host: "127.0.0.1", port: Number(process.argv[2]), password },
});
await conn.query("find pets");
