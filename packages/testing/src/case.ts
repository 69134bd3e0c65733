import type { BaseConnection } from "@conn/core";
import type { Context } from "./context.ts";
import type { Need } from "./needs.ts";

export type Group =
  | "package"
  | "configuration"
  | "lifecycle"
  | "errors"
  | "cache"
  | "cancellation"
  | "faults"
  | "types"
  | "streams"
  | "secrets"
  | "help"
  | "process";

/** One thing that every connection must do. The documentation's list is made of these. */
export interface Case {
  /** Such as `lifecycle.single-flight`; stable, for `gaps` names it. */
  readonly id: string;
  readonly group: Group;
  /** What holds, as a sentence without its subject: "opens nothing before its first use". */
  readonly sentence: string;
  /** What must be there for the case to run. */
  readonly needs: readonly Need[];
  readonly run: (context: Context<BaseConnection>) => Promise<void>;
}

/** Builds the cases of a group: their ids begin with its name. */
export function group(
  name: Group,
): (id: string, sentence: string, needs: readonly Need[], run: Case["run"]) => Case {
  return (id, sentence, needs, run) => ({ id: `${name}.${id}`, group: name, sentence, needs, run });
}
