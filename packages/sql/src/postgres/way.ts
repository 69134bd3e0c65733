import { join } from "node:path";
import type { CheckSteps } from "@conn/core";
import type { SQLConfig } from "../config.ts";
import { firstBytes, type WayFacts, wayTo } from "../server/way.ts";

/** https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SSL */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

export function wayToPostgres(config: SQLConfig, connection: string): Promise<CheckSteps> {
  const port = config.dialect === "cockroachdb" ? cockroachPort : facts.port;
  return wayTo(config, connection, { ...facts, port });
}

export const cockroachPort = 26_257;

const facts: WayFacts = {
  port: 5432,
  socketPath: (folder, port) => join(folder, `.s.PGSQL.${port}`),
  async startTls(socket) {
    socket.write(sslRequest);
    const answer = await firstBytes(socket, ({ length }) => length >= 1);
    if (answer.toString("latin1") !== "S")
      throw new Error("The server does not support SSL connections");
    return undefined;
  },
};
