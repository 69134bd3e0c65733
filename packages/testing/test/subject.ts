import type { ConnectionClass } from "@conn/core";
import { type Subject, values } from "../src/index.ts";
import { type PetServer, token } from "./pet-server.ts";
import { PetsConnection } from "./pets.ts";

/** Everything that an author can give, for the pets or for a broken form of them. */
export function subjectOf(
  server: PetServer,
  type: ConnectionClass<PetsConnection> = PetsConnection,
  changes: Partial<Subject<PetsConnection>> = {},
): Subject<PetsConnection> {
  const { port } = server;
  const reads = Object.keys(values).filter((name) => name !== "empty");
  return {
    type,
    config: { host: "127.0.0.1", port, token },
    sample: (conn, options) => conn.read("pets", options),
    variants: [
      (conn, options) => conn.read("pets", { ...options, limit: 1 }),
      (conn, options) => conn.read("nobody", options),
    ],
    fails: (conn, options) => conn.read("dragons", options),
    slow: { call: (conn, options) => conn.nap(options), running: () => server.naps },
    writes: (conn) => conn.write("fish"),
    streams: (conn, options) => conn.stream("pets", options),
    network: { port, config: (address) => ({ ...address, token }) },
    values: {
      empty: (conn) => conn.read("nobody"),
      ...Object.fromEntries(reads.map((name) => [name, (conn: PetsConnection) => conn.read(name)])),
    },
    script: ["--eval", ""],
    package: new URL("fixtures/good/package.json", import.meta.url),
    ...changes,
  };
}
