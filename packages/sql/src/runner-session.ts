import type { QueryRunner } from "typeorm";
import type { TransactionScope } from "./transaction-scope.ts";

/** The session that one of TypeORM's query runners belongs to, as its `data`. */
export interface RunnerSession {
  readonly holder: string;
  readonly scope: TransactionScope | undefined;
  readonly signal: AbortSignal;
  /**
   * Runs a call as one of the session's own: in their order, so that none slips past a commit that is
   * under way, and in a transaction, which is begun where none is active.
   */
  run<T>(task: () => Promise<T>, writes: boolean): Promise<T>;
}

export function sessionOf({ data }: QueryRunner): RunnerSession | undefined {
  return "run" in data ? (data as RunnerSession) : undefined;
}
