import { createServer, type AddressInfo } from "node:net";
import { Connection } from "./connection.ts";
import { Database } from "./database.ts";
import { type Certificate, selfSigned } from "./secure.ts";
import type { Session } from "./session.ts";

export interface TdsOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** The file of its database. Default: in memory. */
  readonly path?: string;
  /** What a login must give. Default: anything will do. */
  readonly password?: string;
  /** Whether it speaks TLS. Default: where it has a certificate. */
  readonly tls?: "none" | "offered" | "required";
  /** Default: one that it makes and signs itself. */
  readonly certificate?: Certificate;
}

export interface TdsServer {
  readonly port: number;
  /** `mssql://sa:…@127.0.0.1:port/pets` */
  readonly url: string;
  /** The certificate of its own authority, where it speaks TLS. */
  readonly certificate: string | undefined;
  /** Who has tried to log in, refused or not. */
  readonly logins: readonly string[];
  stop(): Promise<void>;
}

const firstId = 51;

/**
 * Starts a server on this machine that speaks TDS 7.4 as SQL Server does, over a DuckDB. It proves the
 * wire: logins, types, parameters, streams, cancelling, loss. It proves nothing of locks.
 */
export async function startTds({
  port = 0,
  path = ":memory:",
  password,
  certificate: own,
  tls = own === undefined ? "none" : "offered",
}: TdsOptions = {}): Promise<TdsServer> {
  const database = await Database.open(path);
  const certificate = tls === "none" ? undefined : (own ?? selfSigned());
  const logins: string[] = [];
  const connections = new Map<number, Connection>();
  const sessions = new Map<number, Session>();
  let nextId = firstId;
  const company = {
    database,
    sessions: () => [...sessions.values()],
    kill: (id: number) => {
      connections.get(id)?.destroy();
      return connections.has(id);
    },
  };
  const server = createServer((socket) => {
    const id = nextId++;
    socket.on("close", () => {
      connections.delete(id);
      sessions.delete(id);
    });
    const connection = new Connection(socket, id, {
      company,
      password,
      certificate,
      requiresTls: tls === "required",
      onLogin: (user) => logins.push(user),
      onSession: (session) => {
        if (!socket.destroyed) sessions.set(id, session);
      },
    });
    connections.set(id, connection);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    port: bound,
    url: `mssql://sa:${encodeURIComponent(password ?? "pets")}@127.0.0.1:${bound}/${database.name}`,
    certificate: certificate?.cert,
    logins,
    stop: async () => {
      for (const connection of connections.values()) connection.destroy();
      await new Promise((resolve) => server.close(resolve));
      database.close();
    },
  };
}
