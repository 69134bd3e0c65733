import type { DataSource, QueryRunner } from "typeorm";
import type { DialectFacts } from "../dialect-facts.ts";
import { sessionOf } from "../runner-session.ts";
import { statementKind } from "../statement.ts";
import { tokenize } from "../tokenize.ts";
import { transactionVerbs } from "../transactions.ts";

interface RunnerDriver {
  createQueryRunner(mode: string): QueryRunner;
}

/**
 * Lets cached results go when TypeORM writes, and keeps what a session's entity manager writes inside
 * of the session's transactions.
 */
export function watchRunners(
  dataSource: DataSource,
  facts: DialectFacts,
  afterWrite: () => void,
): void {
  const driver = dataSource.driver as unknown as RunnerDriver;
  const create = driver.createQueryRunner.bind(driver);
  driver.createQueryRunner = (mode) => watched(create(mode), facts, afterWrite);
}

function watched(runner: QueryRunner, facts: DialectFacts, afterWrite: () => void): QueryRunner {
  const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<never>;
  const start = runner.startTransaction.bind(runner);
  const commit = runner.commitTransaction.bind(runner);
  let wrote = false;
  runner.query = async (text: string, ...rest: unknown[]): Promise<never> => {
    // Outside of its transaction a session's write would be there for good, whatever the session does.
    if (!runner.isTransactionActive) await sessionOf(runner)?.begin();
    const { verb, writes } = statementKind({ text, tokens: tokenize(text, facts) }, facts);
    if (!writes || transactionVerbs.has(verb)) return query(text, ...rest);
    wrote = true;
    sessionOf(runner)?.wrote?.();
    try {
      return await query(text, ...rest);
    } finally {
      if (!runner.isTransactionActive) afterWrite();
    }
  };
  runner.startTransaction = async (isolation) => {
    if (!runner.isTransactionActive) await sessionOf(runner)?.begin();
    return start(isolation);
  };
  runner.commitTransaction = async () => {
    try {
      await commit();
    } finally {
      // A commit whose answer was lost may have taken place.
      if (wrote) afterWrite();
      wrote = runner.isTransactionActive && wrote;
    }
  };
  return runner;
}
