import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { conform } from "@conn/testing";
import { MySourceConnection } from "../src/index.ts";
import { password, startServer } from "./source.ts";

const server = await startServer();
after(() => server.close());

// What every connection must do. Each option lets more cases run; the last test says which did not.
conform<MySourceConnection>(
  {
    type: MySourceConnection,
    package: import.meta.url,
    config: { host: "127.0.0.1", port: server.port, password },
    sample: (conn, options) => conn.query("find pets", options),
    variants: [
      (conn, options) => conn.query("find pets where person = ?", { ...options, params: ["alex"] }),
      (conn, options) =>
        conn.query("find pets where person = ?", { ...options, params: ["jerry"] }),
    ],
    fails: (conn, options) => conn.query("find dragons", options),
    slow: { call: (conn, options) => conn.query("sleep", options), running: server.running },
    writes: (conn) => conn.execute("add pet ?", ["cat"]),
    network: { port: server.port, config: (address) => ({ ...address, password }) },
    script: [fileURLToPath(new URL("script.js", import.meta.url)), String(server.port)],
    values: { empty: (conn) => conn.query("find nothing") },
  },
  { test },
);
