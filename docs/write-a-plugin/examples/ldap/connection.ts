import { connect, type Socket } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { BaseConnection, ConnError, type OpenContext, type ReadOptions, Table } from "@conn/core";
import {
  Attribute,
  Change,
  Client,
  type Entry,
  type Filter,
  InvalidCredentialsError,
} from "ldapts";
import { z } from "zod";

const config = z.strictObject({
  url: z
    .url({ protocol: /^ldaps?$/ })
    .describe("Where the directory is; ldaps:// speaks TLS.")
    .meta({ examples: ["ldap://localhost:389"] }),
  base: z
    .string()
    .describe("The entry below which everything is.")
    .meta({ examples: ["dc=example,dc=org"] }),
  user: z
    .string()
    .describe("The entry that logs in. Default: none, and you read what everybody may.")
    .meta({ examples: ["uid=jerry,dc=example,dc=org"] })
    .exactOptional(),
  password: z
    .string()
    .describe("Its password.")
    .meta({ writeOnly: true, examples: ["<password>"] })
    .exactOptional(),
});

type Config = z.infer<typeof config>;

export interface QueryOptions extends ReadOptions<Table> {
  /** The columns, in this order. Default: all attributes that an entry has. */
  readonly attributes?: readonly string[];
}

/** A directory: each entry is a document, its attributes hold a text or several. */
export class LdapConnection extends BaseConnection<Client, Config> {
  static readonly type = "ldap";
  static readonly config = config;
  static readonly members = {
    query: "Finds entries by a filter, as a table; cached.",
    write: "Replaces attributes of an entry.",
  };

  protected async open({ url, user, password }: Config, context: OpenContext): Promise<Client> {
    using _awake = awake();
    const client = new Client({ url, ...connectOnce(context.signal) });
    try {
      await client.bind(user ?? "", password ?? "");
    } catch (error) {
      await client.unbind();
      throw error;
    }
    return client;
  }

  protected override release(client: Client): Promise<void> {
    return client.unbind();
  }

  protected override async ping(client: Client): Promise<void> {
    using _awake = awake();
    await client.search("", { scope: "base", attributes: ["1.1"] });
  }

  protected override isConnectionLost(error: unknown): boolean {
    // The client has no class for it: "Connection closed before …", "Socket error. …".
    return error instanceof Error && /^(?:Connection closed|Socket )/.test(error.message);
  }

  protected override explain(error: unknown, operation: string): ConnError | undefined {
    if (!(error instanceof InvalidCredentialsError)) return undefined;
    return new ConnError("CONN_AUTH", `${this.name}: the directory refuses the login.`, {
      connection: this.name,
      operation,
      cause: error,
      hint: "Correct user and password in the secrets file.",
    });
  }

  /** Values of others belong into a `Filter`, which escapes them, and not into a text. */
  query(filter: string | Filter, { attributes, ...reading }: QueryOptions = {}): Promise<Table> {
    const text = String(filter);
    const call = { method: "query", args: [text, attributes] };
    return this.cached(call, reading, async (client) => {
      using _awake = awake();
      const options = { filter: text, ...(attributes && { attributes: [...attributes] }) };
      return tableOf((await client.search(this.config.base, options)).searchEntries, attributes);
    });
  }

  async write(dn: string, attributes: Readonly<Record<string, string[]>>): Promise<void> {
    const changes = Object.entries(attributes).map(
      ([type, values]) =>
        new Change({ operation: "replace", modification: new Attribute({ type, values }) }),
    );
    await this.run("write", async (client) => {
      using _awake = awake();
      await client.modify(dn, changes);
    });
    this.dropCached();
  }
}

/** Left alone, the client connects again after a loss and does not log in: core shall open again. */
function connectOnce(signal: AbortSignal) {
  let used = false;
  const once = <F extends (port: number, host: string) => Socket>(open: F): F =>
    ((port, host) => {
      if (used) throw Object.assign(new Error("The connection was lost."), { code: "ECONNRESET" });
      used = true;
      const socket = open(port, host).unref();
      signal.addEventListener("abort", () => socket.destroy(signal.reason as Error));
      return socket;
    }) as F;
  return { createConnection: once(connect), createSecureConnection: once(connectSecurely) };
}

/** Attributes have one value or several: a column of which any entry has several is one of lists. */
function tableOf(entries: readonly Entry[], attributes: readonly string[] | undefined): Table {
  // Names differ in case between what is asked and what is answered.
  const documents = entries.map((entry) => {
    const values = new Map(
      Object.entries(entry).map(([name, value]) => [name.toLowerCase(), [value].flat()]),
    );
    return (name: string) => values.get(name.toLowerCase()) ?? [];
  });
  const names = attributes ?? [...new Set(entries.flatMap(Object.keys))].filter((n) => n !== "dn");
  const columns = names.map((name) => {
    const cells = documents.map((valuesOf) => valuesOf(name));
    const list = cells.some((values) => values.length > 1);
    return [name, list ? cells : cells.map(([value = null]) => value)];
  });
  return Table.fromColumns({ dn: entries.map(({ dn }) => dn), ...Object.fromEntries(columns) });
}

/** The idle socket does not keep the process alive; work that waits for an answer does. */
function awake(): Disposable {
  const timer = setInterval(() => {}, 2 ** 30);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

declare module "@conn/core" {
  interface ConnectionTypes {
    ldap: LdapConnection;
  }
}
