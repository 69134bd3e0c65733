import type { ConnError } from "./errors.ts";

/** One step of a check, in the order they ran. */
export interface CheckStage {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly error?: ConnError;
}

/** How a connection is: every step up to the first that failed. */
export interface CheckReport {
  readonly connection: string;
  readonly type: string;
  readonly ok: boolean;
  readonly stages: readonly CheckStage[];
}
