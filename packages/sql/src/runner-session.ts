import type { QueryRunner } from "typeorm";
import type { TransactionScope } from "./transaction-scope.ts";

/** The session that one of TypeORM's query runners belongs to, as its `data`. */
export interface RunnerSession {
  readonly holder: string;
  readonly scope: TransactionScope | undefined;
  readonly signal: AbortSignal;
  /** Begins a transaction where none is active, as each of the session's calls does first. */
  begin(): Promise<void>;
  /** Notes that the transaction has something to commit. */
  wrote?(): void;
}

export function sessionOf({ data }: QueryRunner): RunnerSession | undefined {
  return "begin" in data ? (data as RunnerSession) : undefined;
}
