import { ConnError } from "@conn/core";
import { tokenize } from "@conn/core/sql";
import type { DataSource, QueryRunner } from "typeorm";
import type { DialectFacts } from "../dialect-facts.ts";
import { assertAnswers, assertKeepsSession, leavesTraces } from "../guard.ts";
import { sessionOf } from "../runner-session.ts";
import { statementKind } from "../statement.ts";
import { transactionError, transactionVerbs } from "../transactions.ts";

interface RunnerDriver {
  createQueryRunner(mode: string): QueryRunner;
}

export interface RunnerHost {
  readonly facts: DialectFacts;
  afterWrite(): void;
  /** Forgets what a runner's statements left on its client. */
  clean(client: object): Promise<void>;
}

/**
 * Lets cached results go when TypeORM writes, keeps what a session's entity manager does inside of the
 * session's transactions, and what one user leaves on a connection from the next.
 */
export function watchRunners(dataSource: DataSource, host: RunnerHost): void {
  const driver = dataSource.driver as unknown as RunnerDriver;
  const create = driver.createQueryRunner.bind(driver);
  driver.createQueryRunner = (mode) => watched(create(mode), host);
}

function watched(runner: QueryRunner, { facts, afterWrite, clean }: RunnerHost): QueryRunner {
  const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<never>;
  const [start, commit, rollback, release] = [
    runner.startTransaction.bind(runner),
    runner.commitTransaction.bind(runner),
    runner.rollbackTransaction.bind(runner),
    runner.release.bind(runner),
  ];
  let wrote = false;
  let traces = false;
  // How many of TypeORM's own steps are under way, whose statements are not the user's.
  let steps = 0;
  const step = async (task: () => Promise<void>): Promise<void> => {
    steps++;
    try {
      await task();
    } finally {
      steps--;
    }
  };
  runner.query = async (text: string, ...rest: unknown[]): Promise<never> => {
    const source = { text, tokens: tokenize(text, facts) };
    const { verb, writes } = statementKind(source, facts);
    const session = sessionOf(runner);
    if (transactionVerbs.has(verb)) {
      // Begun by a statement, a transaction would take in what the connection's next users do.
      if (steps === 0) throw transactionError(verb);
      // A savepoint, which is waited for as a call of the session is: else the process could end meanwhile.
      return session ? session.run(() => query(text, ...rest), false) : query(text, ...rest);
    }
    assertAnswers(source);
    if (session) {
      assertKeepsSession(source, facts);
      return session.run(() => query(text, ...rest), writes);
    }
    traces ||= leavesTraces(source, facts);
    if (!writes) return query(text, ...rest);
    wrote = true;
    try {
      return await query(text, ...rest);
    } finally {
      if (!runner.isTransactionActive) afterWrite();
    }
  };
  const stream = runner.stream.bind(runner) as (...args: unknown[]) => Promise<never>;
  runner.stream = async (...args: unknown[]) => {
    if (!sessionOf(runner)) return stream(...args);
    throw new ConnError("CONN_UNSUPPORTED", "TypeORM's streams do not run in a session.", {
      hint: "Read with session.query(…), or beside the session with conn.stream(…).",
    });
  };
  runner.startTransaction = async (isolation) => {
    // A session's transaction holds this one as a savepoint.
    await sessionOf(runner)?.run(async () => {}, false);
    await step(() => start(isolation));
  };
  runner.commitTransaction = async () => {
    try {
      await step(commit);
    } finally {
      // A commit whose answer was lost may have taken place.
      if (wrote) afterWrite();
      wrote = runner.isTransactionActive && wrote;
    }
  };
  runner.rollbackTransaction = () => step(rollback);
  runner.release = async () => {
    const { databaseConnection: client } = runner as { databaseConnection?: object };
    if (traces && client && !sessionOf(runner)) {
      traces = false;
      await clean(client);
    }
    await release();
  };
  return runner;
}
