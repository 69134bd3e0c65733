import { BaseConnection, type ConnError } from "@conn/core";
import {
  encodeArguments,
  type Outcome,
  pathOf,
  readCassette,
  type Recorded,
  writeCassette,
} from "./cassette.ts";
import { type Encoded, encodeValue } from "./cassette-values.ts";

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
  const calls: Recorded[] = append ? [...readCassette(path).calls] : [];
  const keep = (method: string, args: readonly unknown[], outcome: Outcome): void => {
    calls.push({ method, args: encodeArguments(args), outcome });
    writeCassette(path, { cassette: 1, type: conn.type, calls });
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
