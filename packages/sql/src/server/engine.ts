import { type CatalogEntry, ConnError, type Table } from "@conn/core";
import type { Statement } from "@conn/core/sql";
import type { DataSource } from "typeorm";
import type { DialectErrors } from "../dialect-errors.ts";
import type { DialectFacts } from "../dialect-facts.ts";
import type {
  Engine,
  EngineReadOptions,
  EngineSession,
  EngineSessionOptions,
  EngineStreamOptions,
  ExecuteResult,
  PoolNumbers,
} from "../engine.ts";
import { assertAnswers, leavesTraces } from "../guard.ts";
import { assertOne, assertReads } from "../statement.ts";
import { transactionError, transactionVerbs } from "../transactions.ts";
import type { TurnRequest } from "../turns.ts";
import { browseCatalog, namesIn } from "./catalog.ts";
import { Clients } from "./clients.ts";
import { ServerSession } from "./session.ts";
import type { CatalogTable, Wire } from "./wire.ts";

export interface ServerOptions {
  readonly wire: Wire;
  readonly errors: DialectErrors;
  readonly dataSource: DataSource;
  readonly poolSize: number;
  /** Seconds that a new connection may take. */
  readonly connectSeconds: number;
  readonly maxLifetime: number;
  /** Seconds to wait for one of the pool's connections. */
  readonly lockSeconds: number;
  readonly afterWrite: () => void;
}

const mostBegins = 3;

/** A database server: each call has a connection of the pool to itself. */
export class ServerEngine implements Engine {
  readonly wire: Wire;
  readonly errors: DialectErrors;
  readonly dataSource: DataSource;
  readonly clients: Clients<object>;
  readonly afterWrite: () => void;
  readonly #lockSeconds: number;
  #catalog: readonly CatalogTable[] = [];

  constructor(options: ServerOptions) {
    this.wire = options.wire;
    this.errors = options.errors;
    this.dataSource = options.dataSource;
    this.afterWrite = options.afterWrite;
    this.#lockSeconds = options.lockSeconds;
    this.clients = new Clients(options.wire, {
      poolSize: options.poolSize,
      connectSeconds: options.connectSeconds,
      maxLifetime: options.maxLifetime,
      lost: (error) => options.errors.lost(error),
    });
  }

  get facts(): DialectFacts {
    return this.wire.facts;
  }

  get pool(): PoolNumbers {
    return this.clients.numbers;
  }

  async query(statement: Statement, { maxRows, signal }: EngineReadOptions): Promise<Table> {
    assertReads(statement.source, this.facts);
    return await this.#run("a query", signal, statement, (client) =>
      this.wire.query(client, statement, { maxRows }),
    );
  }

  async execute(statement: Statement, signal?: AbortSignal): Promise<ExecuteResult> {
    const { verb } = assertOne(statement.source, this.facts);
    if (transactionVerbs.has(verb)) throw transactionError(verb);
    assertAnswers(statement.source);
    try {
      return await this.#run("an execute", signal, statement, (client) =>
        this.wire.execute(client, statement),
      );
    } finally {
      // One that failed may have done something all the same, as where its answer was lost.
      this.afterWrite();
    }
  }

  async *stream(
    statement: Statement,
    { batchSize, signal }: EngineStreamOptions,
  ): AsyncGenerator<Table, void, undefined> {
    assertReads(statement.source, this.facts);
    try {
      yield* this.#batches(statement, batchSize, signal);
    } catch (error) {
      await this.#learnNames(error);
      throw error;
    }
  }

  async session(options: EngineSessionOptions): Promise<EngineSession> {
    if (options.isolation === "snapshot" && this.facts.name !== "mssql") {
      throw new ConnError("CONN_UNSUPPORTED", `${this.facts.title} has no isolation "snapshot".`, {
        hint: 'Use "repeatable read", which keeps a view there.',
      });
    }
    for (let attempt = 1; ; attempt++) {
      const lent = await this.clients.lend({ seconds: this.#lockSeconds, ...options });
      try {
        return await ServerSession.begin(this, lent, options);
      } catch (error) {
        // Nothing was done yet: a connection that died while it was idle is no reason to fail.
        if (attempt >= mostBegins || options.signal.aborted || !this.errors.lost(error))
          throw error;
      }
    }
  }

  async browse(path: readonly string[]): Promise<CatalogEntry[]> {
    return browseCatalog(await this.#readCatalog(), path);
  }

  ping(): Promise<void> {
    return this.clients.with(this.#turn("a ping", undefined), (client) => this.wire.ping(client));
  }

  nearNames(kind: "table" | "column"): string[] {
    return namesIn(this.#catalog, kind);
  }

  async close(): Promise<void> {
    this.clients.close();
    await this.wire.close();
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  async *#batches(
    statement: Statement,
    batchSize: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Table, void, undefined> {
    const { client, give } = await this.clients.lend(this.#turn("a stream", signal));
    const batches = this.wire.stream(client, statement, batchSize);
    let broken = false;
    try {
      for (;;) {
        const step = await this.clients.awake(client, () =>
          this.clients.stoppable(client, signal, () => batches.next()),
        );
        if (step.done) return;
        yield step.value;
      }
    } catch (error) {
      broken = this.errors.lost(error);
      throw error;
    } finally {
      try {
        await this.clients.awake(client, async () => {
          await batches.return();
          if (!broken && leavesTraces(statement.source, this.facts)) await this.#clean(client);
        });
      } catch {
        broken = true;
      }
      give(broken);
    }
  }

  #run<T>(
    holder: string,
    signal: AbortSignal | undefined,
    statement: Statement,
    task: (client: object) => Promise<T>,
  ): Promise<T> {
    const cleaning = async (client: object): Promise<T> => {
      try {
        return await task(client);
      } finally {
        await this.#clean(client);
      }
    };
    const traces = leavesTraces(statement.source, this.facts);
    const running = this.clients.with(this.#turn(holder, signal), traces ? cleaning : task);
    return running.catch(async (error: unknown) => {
      await this.#learnNames(error);
      throw error;
    });
  }

  /** One that was stopped is closed anyway. */
  async #clean(client: object): Promise<void> {
    if (!this.clients.isStopped(client)) await this.wire.clean(client);
  }

  /** A message that proposes names needs them at hand, and asks for them only then. */
  async #learnNames(error: unknown): Promise<void> {
    const code = this.errors.code(error);
    if (code === undefined || !this.errors.missing(code, this.errors.message(error))) return;
    try {
      this.#catalog = await this.#readCatalog();
    } catch {
      // The failure itself is worth more than a proposal.
    }
  }

  #readCatalog(): Promise<readonly CatalogTable[]> {
    return this.clients.with(this.#turn("browse", undefined), (client) =>
      this.wire.catalog(client),
    );
  }

  #turn(holder: string, signal: AbortSignal | undefined): TurnRequest {
    return { seconds: this.#lockSeconds, holder, signal };
  }
}
