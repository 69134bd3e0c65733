import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  BaseConnection,
  ConnError,
  type ConnectionClass,
  redactText,
  type StandardSchemaV1,
} from "@conn/core";
import { decodeValue, type Encoded, encodeValue } from "./cassette-values.ts";

/** One call as the file has it. */
interface Recorded {
  readonly method: string;
  readonly args: Encoded;
  readonly outcome: Outcome;
}

type Outcome =
  | { readonly value: Encoded }
  | { readonly parts: readonly Encoded[] }
  | {
      readonly error: {
        readonly code: string;
        readonly message: string;
        readonly hint?: string;
        readonly operation?: string;
      };
    };

interface Cassette {
  readonly cassette: 1;
  readonly type: string;
  readonly calls: readonly Recorded[];
}

export interface RecordOptions {
  /** Add to what the file holds already. Default: false, the file is begun anew. */
  readonly append?: boolean;
}

/**
 * The connection itself, but each call of its methods is written to a file with its result or its
 * error, secrets masked, tables with their types. Give the file to `replay()`.
 *
 * A call whose arguments or result are no plain data or tables, such as a session, rejects with
 * CONN_ARGUMENT. Signals, functions, schemas and cache options are no part of a recorded call.
 */
export function record<C extends BaseConnection>(
  conn: C,
  file: string | URL,
  { append = false }: RecordOptions = {},
): C {
  const path = pathOf(file);
  const calls: Recorded[] = append ? [...read(path).calls] : [];
  const keep = (method: string, args: readonly unknown[], outcome: Outcome): void => {
    calls.push({ method, args: encodeArguments(args), outcome });
    write(path, { cassette: 1, type: conn.type, calls });
  };
  return new Proxy(conn, {
    get(target, key) {
      // Private members are the connection's own: it is its own receiver.
      const member = Reflect.get(target, key, target) as unknown;
      if (typeof member !== "function") return member;
      if (typeof key !== "string" || key in BaseConnection.prototype)
        return member.bind(target) as unknown;
      return (...args: unknown[]): unknown =>
        listen(member.apply(target, args), (outcome) => keep(key, args, outcome));
    },
  });
}

/**
 * A class whose connections answer from a file that `record()` wrote, without a source: pass it as
 * `type`, or `register()` it in place of the real one. A call that was recorded several times gives
 * its results in their order, then the last one again.
 *
 * @throws CONN_ARGUMENT for a file that is no cassette. Calls that were not recorded reject with
 * CONN_CASSETTE.
 */
export function replay<C extends BaseConnection = BaseConnection>(
  file: string | URL,
): ConnectionClass<C> {
  const { type, calls } = read(pathOf(file));
  const byKey = grouped(calls);

  class Replay extends BaseConnection<object> {
    static readonly type = type;
    static readonly config = anything;
    readonly #turns = new Map<string, number>();

    protected async open(): Promise<object> {
      return {};
    }

    /** The method that gives what was recorded of it. */
    static method(name: string, streamed: boolean): (...args: unknown[]) => unknown {
      return streamed
        ? function parts(this: Replay, ...args: unknown[]): AsyncGenerator {
            return this.#parts(name, args);
          }
        : function answer(this: Replay, ...args: unknown[]): Promise<unknown> {
            return this.run(name, async () => {
              const outcome = this.#next(name, args);
              return "value" in outcome ? decodeValue(outcome.value) : raise(outcome);
            });
          };
    }

    async *#parts(method: string, args: readonly unknown[]): AsyncGenerator {
      using _lease = await this.lease(method);
      const outcome = this.#next(method, args);
      yield* "parts" in outcome ? outcome.parts.map(decodeValue) : raise(outcome);
    }

    #next(method: string, args: readonly unknown[]): Outcome {
      const key = keyOf({ method, args: encodeArguments(args) });
      const outcomes = byKey.get(key);
      if (!outcomes) throw notRecorded(this.name, method, calls);
      const turn = this.#turns.get(key) ?? 0;
      this.#turns.set(key, turn + 1);
      return outcomes[Math.min(turn, outcomes.length - 1)]!.outcome;
    }
  }
  const streams = new Set(
    calls.filter(({ outcome }) => "parts" in outcome).map(({ method }) => method),
  );
  for (const name of new Set(calls.map(({ method }) => method))) {
    Object.defineProperty(Replay.prototype, name, {
      value: Replay.method(name, streams.has(name)),
      configurable: true,
      writable: true,
    });
  }
  return Replay as unknown as ConnectionClass<C>;
}

const anything: StandardSchemaV1<unknown, object> = {
  "~standard": {
    version: 1,
    vendor: "@conn/testing",
    validate: (value) => ({ value: value as object }),
  },
};

/** Hands a result on, and tells how it ended. */
function listen(result: unknown, keep: (outcome: Outcome) => void): unknown {
  if (typeof result !== "object" || result === null) return result;
  if (Symbol.asyncIterator in result) return listenToParts(result as AsyncIterable<unknown>, keep);
  if (!("then" in result)) return result;
  return Promise.resolve(result).then(
    (value) => {
      keep({ value: encodeValue(value) });
      return value;
    },
    (error: unknown) => {
      keep(failure(error));
      throw error;
    },
  );
}

async function* listenToParts(
  result: AsyncIterable<unknown>,
  keep: (outcome: Outcome) => void,
): AsyncGenerator {
  const parts: Encoded[] = [];
  try {
    for await (const part of result) {
      parts.push(encodeValue(part));
      yield part;
    }
  } catch (error) {
    keep(failure(error));
    throw error;
  }
  keep({ parts });
}

function failure(error: unknown): Outcome {
  const {
    code = "CONN_QUERY",
    message = String(error),
    hint,
    operation,
  } = error as Partial<ConnError>;
  return {
    error: {
      code,
      message,
      ...(hint !== undefined && { hint }),
      ...(operation !== undefined && { operation }),
    },
  };
}

function raise(outcome: Outcome): never {
  const { code, message, operation, hint } =
    "error" in outcome
      ? outcome.error
      : { code: "CONN_CASSETTE", message: "The call was recorded as another kind." };
  throw new ConnError(
    code as "CONN_QUERY",
    hint === undefined ? message : message.replace(`\n  ${hint}`, ""),
    { hint, operation },
  );
}

/** Options of reading calls that change how a result comes and not what it is. */
const aside = new Set(["ttl", "stale", "refresh", "timeout", "signal", "cacheIf", "schema"]);

function encodeArguments(args: readonly unknown[]): Encoded[] {
  const kept = args.map((value, index) =>
    index === args.length - 1 && isPlain(value) ? withoutOptions(value) : value,
  );
  // `query(sql)` and `query(sql, {})` are one call.
  while (
    kept.length > 0 &&
    (kept.at(-1) === undefined ||
      (isPlain(kept.at(-1)) && Object.keys(kept.at(-1) as object).length === 0))
  )
    kept.pop();
  return kept.map((value) => encodeValue(value));
}

function withoutOptions(options: object): object {
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => !aside.has(name) && value !== undefined),
  );
}

function isPlain(value: unknown): value is object {
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

/** Calls are told apart as the file tells them: with their secrets masked. */
function keyOf({ method, args }: Pick<Recorded, "method" | "args">): string {
  return redactText(JSON.stringify([method, sorted(args)]));
}

function sorted(value: Encoded): Encoded {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}

function grouped(calls: readonly Recorded[]): Map<string, Recorded[]> {
  const groups = new Map<string, Recorded[]>();
  for (const call of calls) groups.set(keyOf(call), [...(groups.get(keyOf(call)) ?? []), call]);
  return groups;
}

function notRecorded(name: string, method: string, calls: readonly Recorded[]): ConnError {
  const others = calls.filter((call) => call.method === method).length;
  return new ConnError(
    "CONN_CASSETTE",
    `${name}.${method} was not recorded with these arguments (${others} other calls of ${method} were).`,
    {
      connection: name,
      operation: method,
      hint: "Record the cassette again, with record(conn, file).",
    },
  );
}

function pathOf(file: string | URL): string {
  return file instanceof URL || file.startsWith("file:") ? fileURLToPath(file) : file;
}

/** Beside the file first, so that no half of a cassette is ever read. */
function write(path: string, cassette: Cassette): void {
  const beside = `${path}.${process.pid}.tmp`;
  writeFileSync(beside, `${redactText(JSON.stringify(cassette, undefined, 1))}\n`);
  renameSync(beside, path);
}

function read(path: string): Cassette {
  const parsed: unknown = JSON.parse(readFileSync(path, "utf8"));
  const { cassette, calls } = parsed as Partial<Cassette>;
  if (cassette === 1 && Array.isArray(calls)) return parsed as Cassette;
  throw new ConnError("CONN_ARGUMENT", `${path} is no cassette, or one of another version.`, {
    hint: "Record it again, with record(conn, file).",
  });
}
