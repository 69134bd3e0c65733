import { BaseConnection, ConnError, type ConnectionClass, type StandardSchemaV1 } from "@conn/core";
import {
  encodeArguments,
  keyOf,
  type Outcome,
  pathOf,
  readCassette,
  type Recorded,
} from "./cassette.ts";
import { decodeValue } from "./cassette-values.ts";

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
  const { type, calls } = readCassette(pathOf(file));
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
