import type {
  BaseConnection,
  CallKey,
  ConnectionClass,
  ConnectionInit,
  OpenContext,
  ReadOptions,
  RunOptions,
} from "@conn/core";

/** What the plugin's code did, seen from core's side of its hooks. */
export interface Log {
  opens: number;
  releases: number;
  /** Loads that the cache could not answer. */
  loads: number;
  /** Calls into the plugin's own code that go on now. */
  working: number;
  /** Releases of a client under a call that went on. */
  releasedUnderCall: number;
  /** Thrown by each open in place of the plugin's. */
  failOpens: Error | undefined;
  /** Waited for by each open before the plugin's begins. */
  beforeOpen: () => Promise<void>;
}

export function newLog(): Log {
  return {
    opens: 0,
    releases: 0,
    loads: 0,
    working: 0,
    releasedUnderCall: 0,
    failOpens: undefined,
    beforeOpen: async () => {},
  };
}

/** Lets every open fail while a task runs, however often it is tried. */
export async function withFailingOpens<T>(
  log: Log,
  task: () => Promise<T>,
  error: Error = new Error("The kit lets this open fail."),
): Promise<T> {
  log.failOpens = error;
  try {
    return await task();
  } finally {
    log.failOpens = undefined;
  }
}

type Task = (client: unknown, signal: AbortSignal) => Promise<unknown>;

/** The members that authors see, made visible. */
interface Hooks {
  open(config: object, context: OpenContext): Promise<unknown>;
  release?(client: unknown): Promise<void>;
  cached(call: CallKey, options: ReadOptions | undefined, load: Task): Promise<unknown>;
  run(operation: string, task: Task, options?: RunOptions): Promise<unknown>;
}

/** The class itself, but for a log of what happens to its hooks. */
export function observe<C extends BaseConnection>(
  type: ConnectionClass<C>,
  log: Log,
): ConnectionClass<C> {
  const users = new Map<unknown, number>();
  const Base = type as unknown as new (init: ConnectionInit) => Hooks;
  class Observed extends Base {
    override async open(config: object, context: OpenContext): Promise<unknown> {
      await log.beforeOpen();
      if (log.failOpens) throw log.failOpens;
      const client = await super.open(config, context);
      log.opens++;
      return client;
    }

    override async release(client: unknown): Promise<void> {
      log.releases++;
      if ((users.get(client) ?? 0) > 0) log.releasedUnderCall++;
      await super.release?.(client);
    }

    override cached(call: CallKey, options: ReadOptions | undefined, load: Task): Promise<unknown> {
      return super.cached(call, options, (client, signal) => {
        log.loads++;
        return load(client, signal);
      });
    }

    override run(operation: string, task: Task, options?: RunOptions): Promise<unknown> {
      const observed: Task = async (client, signal) => {
        log.working++;
        users.set(client, (users.get(client) ?? 0) + 1);
        try {
          return await task(client, signal);
        } finally {
          log.working--;
          users.set(client, users.get(client)! - 1);
        }
      };
      return super.run(operation, observed, options);
    }
  }
  // The name is part of what users see.
  Object.defineProperty(Observed, "name", { value: type.name });
  return Observed as unknown as ConnectionClass<C>;
}
