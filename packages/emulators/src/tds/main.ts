import { parseArgs } from "node:util";
import { startTds } from "./server.ts";

/** The server as a program of its own, which a test can freeze and kill. It says READY when it is. */
const { values } = parseArgs({
  options: { port: { type: "string" }, path: { type: "string" } },
});
await startTds({
  port: Number(values.port ?? 0),
  ...(values.path === undefined ? {} : { path: values.path }),
});
console.log("READY");
