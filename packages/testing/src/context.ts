import { type BaseConnection, connection, type ReadOptions } from "@conn/core";
import { demand, settled } from "./demand.ts";
import { type FaultProxy, faultProxy } from "./fault-proxy.ts";
import { type Log, newLog, observe } from "./observed.ts";
import type { Run } from "./run.ts";
import { settingsOf } from "./settings.ts";
import type { Subject } from "./subject.ts";

/** A connection of the case's own, and what happened to it. */
export interface Connected<C extends BaseConnection> {
  readonly conn: C;
  readonly log: Log;
  /** The settings it was made with. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The values among them that are secret, and long enough to be told from ordinary text. */
  readonly secrets: readonly string[];
}

export interface ConnectOptions {
  /** Default: the subject's. */
  readonly config?: object;
  /** Equal scopes share cached results. Default: one of its own. */
  readonly scope?: string;
}

/** What a case works with; all that it opens ends with it. */
export interface Context<C extends BaseConnection> {
  readonly subject: Subject<C>;
  readonly run: Run;
  connect(options?: ConnectOptions): Promise<Connected<C>>;
  /** The settings of the subject, new where they come from a function. */
  settings(): Promise<Record<string, unknown>>;
  /** The fault proxy before the subject's server, and a connection through it. */
  proxied(): Promise<Connected<C> & { readonly proxy: FaultProxy }>;
  /** The sample call, past the cache unless told otherwise; a hang fails. */
  sample(conn: C, options?: ReadOptions<never>): Promise<unknown>;
  defer(cleanup: () => unknown): void;
}

let scopes = 0;

/** A context, and the function that ends it. */
export function contextOf<C extends BaseConnection>(
  subject: Subject<C>,
  run: Run,
): { context: Context<C>; end: () => Promise<void> } {
  const cleanups: (() => unknown)[] = [];
  const context: Context<C> = {
    subject,
    run,
    async settings() {
      const { config } = subject;
      return {
        ...(typeof config === "function" ? await (config as () => Promise<object>)() : config),
      };
    },
    async connect({ config: given, scope = `conform ${process.pid} ${++scopes}` } = {}) {
      const log = newLog();
      const type = observe(subject.type, log);
      const config = (given ?? (await context.settings())) as Record<string, unknown>;
      const secrets = secretsOf(subject as unknown as Subject<BaseConnection>, config);
      for (const secret of secrets) run.secrets.add(secret);
      const conn = await connection("conformance", { type, config, scope });
      cleanups.push(() => settled(conn.close(), "close()").catch(() => {}));
      return { conn, log, config, secrets };
    },
    async proxied() {
      const { network } = subject;
      demand(network, "`network` is not given.");
      const proxy = await faultProxy(network);
      cleanups.push(() => proxy[Symbol.asyncDispose]());
      const connected = await context.connect({
        config: network.config({ host: proxy.host, port: proxy.port }),
      });
      // Cleanups run last to first: the way is clear again before the connection takes its leave.
      cleanups.push(() => proxy.pass());
      return { ...connected, proxy };
    },
    async sample(conn, options = { ttl: 0 }) {
      return settled(Promise.resolve(subject.sample(conn, options)), "the sample call");
    },
    defer: (cleanup) => void cleanups.push(cleanup),
  };
  const end = async (): Promise<void> => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  };
  return { context, end };
}

function secretsOf(
  subject: Subject<BaseConnection>,
  config: Readonly<Record<string, unknown>>,
): string[] {
  return settingsOf(subject).flatMap(({ name, secret }) => {
    const value = config[name];
    return secret && typeof value === "string" && value.length >= 8 ? [value] : [];
  });
}
