import { after, test } from "node:test";
import { conform } from "@conn/testing";
import { MySourceConnection } from "../src/index.ts";
import { startServer, token } from "./source.ts";

const server = await startServer();
after(() => server.close());

// What every connection must do. Each option lets more cases run; the last test says which did not.
conform<MySourceConnection>(
  {
    type: MySourceConnection,
    package: import.meta.url,
    config: { url: server.url, token },
    sample: (conn, options) => conn.read("pets", options),
    variants: [(conn, options) => conn.read("pets?person=alex", options)],
    fails: (conn, options) => conn.read("dragons", options),
    slow: { call: (conn, options) => conn.read("slow", options), running: server.unanswered },
    network: {
      port: server.port,
      config: ({ host, port }) => ({ url: `http://${host}:${port}`, token }),
    },
  },
  { test },
);
