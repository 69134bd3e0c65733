import type { Params } from "@conn/core";
import { compile, type Fragment, type Statement } from "@conn/core/sql";
import { duckdb } from "./dialect.ts";

/** A statement compiled at the call, so that what happens to `params` afterwards changes nothing. */
export interface Compiled extends Statement {
  /** As it was written: a fragment keeps the tables alive that `from` put into it. */
  readonly written: string | Fragment;
}

export function compiled(written: string | Fragment, params: Params | undefined): Compiled {
  return { ...compile(written, params, duckdb), written };
}
