import type { BaseConnection, ConnectionClass, ReadOptions } from "@conn/core";
import type { Values } from "./values.ts";

/** A call as an application would write it. */
export type Call<C> = (conn: C) => unknown;

/** A reading call that hands its options on: `(conn, options) => conn.query("select 1", options)`. */
export type Read<C> = (conn: C, options: ReadOptions<never>) => unknown;

/** What the kit is told about a connection. Beyond the first three, each option lets more cases run. */
export interface Subject<C extends BaseConnection> {
  readonly type: ConnectionClass<C>;
  /** Settings as they stand in a secrets file, or a function that makes some for each connection. */
  readonly config: object | (() => object | Promise<object>);
  /** A small reading call that succeeds, and gives the same result each time. */
  readonly sample: Read<C>;
  /** Calls that differ from the sample, or from each other, in one argument each. */
  readonly variants?: readonly Read<C>[];
  /** A reading call that the source refuses, such as one of a table that does not exist. */
  readonly fails?: Read<C>;
  /** A call that takes at least ten seconds unless it is stopped. */
  readonly slow?: {
    readonly call: Read<C>;
    /** How many such calls the source works on now, asked past the connection. */
    readonly running?: () => number | Promise<number>;
  };
  /** A call that changes something, after which cached results may be wrong. */
  readonly writes?: Call<C>;
  /** A stream of several tables or rows, where the class has the method `stream`. */
  readonly streams?: (
    conn: C,
    options: { readonly signal?: AbortSignal },
  ) => AsyncIterable<unknown>;
  /** A server on TCP, and the settings that reach it at another address: the kit puts its fault proxy there. */
  readonly network?: {
    readonly host?: string;
    readonly port: number;
    readonly config: (address: { readonly host: string; readonly port: number }) => object;
  };
  /** Reads of one cell each, of the values that `values` names: `{ bigint: (conn) => conn.query("select …") }`. */
  readonly values?: { readonly [K in keyof Values]?: Call<C> };
  /** Settings that are secret. Default: those that the schema marks. */
  readonly secrets?: readonly string[];
  /** Arguments of a `node` that opens and uses a connection, and does not close it. */
  readonly script?: readonly string[];
  /** A path inside of the package; `false` for a class that is not published. Default: the working directory. */
  readonly package?: string | URL | false;
  /** Seconds that anything may take before it counts as hanging. Default: 20. */
  readonly patience?: number;
  /** Cases that are known to fail, by id, with the reason. One that passes fails the run. */
  readonly gaps?: Readonly<Record<string, string>>;
}
