import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { startTds } from "./server.ts";

/** The server as a program of its own, which a test can freeze and kill. It says READY when it is. */
const { values } = parseArgs({
  options: {
    port: { type: "string" },
    path: { type: "string" },
    cert: { type: "string" },
    key: { type: "string" },
  },
});
const { port = "0", path, cert, key } = values;
await startTds({
  port: Number(port),
  ...(path === undefined ? {} : { path }),
  ...(cert === undefined || key === undefined
    ? {}
    : { certificate: { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") } }),
});
console.log("READY");
