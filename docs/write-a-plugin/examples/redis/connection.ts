import { BaseConnection, type OpenContext, type ReadOptions, Table } from "@conn/core";
import { ClientClosedError, createClient, SocketClosedUnexpectedlyError } from "redis";
import { z } from "zod";

const config = z.strictObject({
  url: z
    .url({ protocol: /^rediss?$/ })
    .describe("Where Redis is; rediss:// speaks TLS.")
    .meta({ writeOnly: true, examples: ["redis://localhost:6379"] }),
  username: z
    .string()
    .describe("The user who logs in. Default: Redis's own, `default`.")
    .meta({ examples: ["jerry"] })
    .exactOptional(),
  password: z
    .string()
    .describe("The user's password.")
    .meta({ writeOnly: true, examples: ["<password>"] })
    .exactOptional(),
});

type Config = z.infer<typeof config>;
type Client = Awaited<ReturnType<typeof connect>>;

/** The hashes of a Redis server: each a row, its key in the first column. */
export class RedisConnection extends BaseConnection<Client, Config> {
  static readonly type = "redis";
  static readonly config = config;
  static readonly members = {
    read: "Reads all hashes whose keys match a pattern, as a table; cached.",
    stream: "Reads the same in parts, for what is too large for memory.",
    write: "Sets fields of a hash.",
  };

  protected async open(settings: Config, { signal }: OpenContext): Promise<Client> {
    using _awake = awake();
    return await connect(settings, signal);
  }

  protected override async release(client: Client): Promise<void> {
    if (client.isOpen) client.destroy();
  }

  protected override async ping(client: Client): Promise<void> {
    using _awake = awake();
    await client.ping();
  }

  protected override isConnectionLost(error: unknown): boolean {
    return error instanceof SocketClosedUnexpectedlyError || error instanceof ClientClosedError;
  }

  read(pattern: string, options?: ReadOptions<Table>): Promise<Table> {
    return this.cached({ method: "read", args: [pattern] }, options, async (client, signal) => {
      const rows = new Map<string, Record<string, string>>();
      // SCAN may give a key twice, and keys in any order.
      for await (const page of hashes(client, pattern, signal))
        for (const row of page) rows.set(row.key, row);
      return tableOf([...rows.keys()].sort().map((key) => rows.get(key)!));
    });
  }

  async *stream(
    pattern: string,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<Table> {
    using lease = await this.lease("stream", { signal, repeat: true });
    const either = signal ? AbortSignal.any([signal, lease.signal]) : lease.signal;
    for await (const page of hashes(lease.client, pattern, either))
      if (page.length > 0) yield tableOf(page);
  }

  async write(key: string, fields: Readonly<Record<string, string | number>>): Promise<void> {
    await this.run("write", async (client) => {
      using _awake = awake();
      await client.hSet(key, { ...fields });
    });
    this.dropCached();
  }
}

async function connect({ url, ...login }: Config, signal: AbortSignal) {
  // Core opens again after a loss; a client that did so too would hide it and hold calls back.
  const client = createClient({ url, ...login, socket: { reconnectStrategy: false } });
  client.on("error", () => {}).unref();
  const stop = (): void => client.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    await client.connect();
  } finally {
    signal.removeEventListener("abort", stop);
  }
  return client;
}

async function* hashes(client: Client, pattern: string, signal: AbortSignal) {
  using _awake = awake();
  for await (const keys of client.scanIterator({ MATCH: pattern, TYPE: "hash", COUNT: 1000 })) {
    signal.throwIfAborted();
    yield await Promise.all(keys.map(async (key) => ({ key, ...(await client.hGetAll(key)) })));
  }
}

function tableOf(rows: readonly Record<string, string>[]): Table {
  return Table.fromRows(
    rows,
    rows.length > 0 ? {} : { columns: [{ name: "key", type: "string" }] },
  );
}

/** The idle socket does not keep the process alive; work that waits for an answer does. */
function awake(): Disposable {
  const timer = setInterval(() => {}, 2 ** 30);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

declare module "@conn/core" {
  interface ConnectionTypes {
    redis: RedisConnection;
  }
}
