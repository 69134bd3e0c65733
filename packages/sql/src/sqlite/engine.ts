import { type CatalogEntry, ConnError, type Table } from "@conn/core";
import type { Statement } from "@conn/core/sql";
import type { DataSource } from "typeorm";
import { sqlite } from "../dialect-facts.ts";
import type {
  Engine,
  EngineReadOptions,
  EngineSession,
  EngineSessionOptions,
  EngineStreamOptions,
  ExecuteResult,
} from "../engine.ts";
import { assertOne, assertReads, writesError } from "../statement.ts";
import { type TurnRequest, Turns } from "../turns.ts";
import { breathe } from "../breathe.ts";
import { transactionError, transactionVerbs } from "../transactions.ts";
import { bindValue } from "./bind.ts";
import { browse, namesOf } from "./browse.ts";
import { whileBusy } from "./busy.ts";
import { Changes } from "./changes.ts";
import type { SqliteDatabase, SqliteDriver, SqliteStatement } from "./driver.ts";
import { runStatement } from "./execute.ts";
import { isBusy } from "./errors.ts";
import { readBatches, readTable, tablesOfRows } from "./read.ts";
import { Readers } from "./readers.ts";
import type { RunnerHost } from "./runner.ts";
import { ReadSession, WriteSession } from "./session.ts";
import { TypeormDatabase } from "./typeorm-driver.ts";

export interface SqliteOptions {
  readonly driver: SqliteDriver;
  /** A file, or `:memory:`. */
  readonly path: string;
  readonly readOnly: boolean;
  /** Write-ahead logging from the first write on, so that readers and the writer do not wait for each other. */
  readonly wal: boolean;
  /** Seconds to wait for the database while others hold it. */
  readonly lockSeconds: number;
  readonly afterWrite: () => void;
}

/**
 * One database: a handle that writes, taken in turns, and for a file handles that read beside it. A
 * database in memory is its one handle, so there everything takes turns.
 */
export class SqliteEngine implements Engine, RunnerHost {
  readonly facts = sqlite;
  readonly lock: Turns = new Turns(
    1,
    "The database stayed taken",
    "SQLite has one writer at a time: end the session first, or use its own query and execute inside it.",
  );
  readonly lockSeconds: number;
  readonly readAside: RunnerHost["readAside"];
  readonly #options: SqliteOptions;
  readonly #readers: Readers | undefined;
  readonly #reading = new Map<string, boolean>();
  #writer: SqliteDatabase | undefined;
  #changes: Changes | undefined;
  #dataSource: DataSource | undefined;
  #logged = false;
  /** Streams and read-only sessions that have not ended. */
  #open = 0;

  constructor(options: SqliteOptions) {
    this.#options = options;
    this.lockSeconds = options.lockSeconds;
    this.#readers = options.path === ":memory:" ? undefined : new Readers(() => this.#openReader());
    this.readAside =
      this.#readers &&
      ((task) =>
        this.#read("a query of the DataSource", undefined, (database) =>
          task(new TypeormDatabase(database, () => {})),
        ));
  }

  get dataSource(): DataSource {
    return this.#dataSource!;
  }

  set dataSource(dataSource: DataSource) {
    this.#dataSource = dataSource;
  }

  /** The handle that writes, opened on first use. */
  get writer(): SqliteDatabase {
    const { driver, path, readOnly } = this.#options;
    return (this.#writer ??= driver.open({ path, readOnly }));
  }

  /** Runs a statement on the handle that writes. */
  write(statement: Statement, writer: string): ExecuteResult {
    this.#changes ??= new Changes(this.writer);
    return runStatement(this.writer, this.#changes, statement, writer);
  }

  inTransaction(): boolean {
    return this.#writer?.inTransaction ?? false;
  }

  async query(statement: Statement, options: EngineReadOptions): Promise<Table> {
    const { verb } = assertReads(statement.source, sqlite);
    return this.#read("a query", options.signal, (database) => {
      const prepared = this.prepareReading(database, statement, verb);
      return readTable(prepared, statement.values.map(bindValue), options);
    });
  }

  async execute(statement: Statement, signal?: AbortSignal): Promise<ExecuteResult> {
    const { verb, writer } = assertOne(statement.source, sqlite);
    if (transactionVerbs.has(verb)) throw transactionError(verb);
    await breathe();
    return this.lock.run(this.#turn("an execute", signal), async () => {
      await this.beforeWrite();
      try {
        return await this.whileBusy(() => this.write(statement, writer), signal);
      } finally {
        // A statement that fails may keep rows all the same, as INSERT OR FAIL does.
        this.afterWrite();
      }
    });
  }

  async *stream(
    statement: Statement,
    { batchSize, signal }: EngineStreamOptions,
  ): AsyncGenerator<Table, void, undefined> {
    const { verb } = assertReads(statement.source, sqlite);
    const values = statement.values.map(bindValue);
    if (!this.#readers) {
      // One handle for all: the rows are taken out of it at once, or the caller's loop could not use it.
      const [prepared, rows] = await this.#read("a stream", signal, (database) => {
        const reading = this.prepareReading(database, statement, verb);
        return [reading, reading.all(values, true)] as const;
      });
      yield* tablesOfRows(prepared, rows, batchSize, signal);
      return;
    }
    const { database, give } = await this.#readers.take(this.#turn("a stream", signal));
    try {
      this.#open++;
      const prepared = await whileBusy(
        () => this.prepareReading(database, statement, verb),
        this.lockSeconds,
        signal,
      );
      yield* readBatches(prepared, values, batchSize, { signal });
    } finally {
      this.#open--;
      give();
    }
  }

  async session(options: EngineSessionOptions): Promise<EngineSession> {
    if (!options.readOnly) return WriteSession.begin(this, options);
    const turn = { seconds: this.lockSeconds, ...options };
    const { database, give } = this.#readers
      ? await this.#readers.take(turn)
      : { give: await this.lock.acquire(turn), database: this.writer };
    this.#open++;
    const release = (): void => {
      this.#open--;
      give();
    };
    return ReadSession.begin(this, database, release, options.signal);
  }

  browse(path: readonly string[]): Promise<CatalogEntry[]> {
    return this.#read("browse", undefined, (database) => browse(database, path));
  }

  async ping(): Promise<void> {
    await this.#read("ping", undefined, (database) =>
      database.prepare("select count(*) from sqlite_master").all([], false),
    );
  }

  nearNames(kind: "table" | "column"): string[] {
    return namesOf(this.writer, kind);
  }

  /** Compiles a statement for reading, or refuses it: by SQLite's own program for it, before it runs. */
  prepareReading(database: SqliteDatabase, { text }: Statement, verb: string): SqliteStatement {
    const prepared = database.prepare(text);
    const writes = prepared.writes ?? this.#programWrites(database, text, verb);
    if (writes || prepared.columns.length === 0) throw writesError(verb);
    return prepared;
  }

  async beforeWrite(): Promise<void> {
    if (this.#logged || !this.#readers || !this.#options.wal || this.#options.readOnly) return;
    this.#logged = true;
    // Where it cannot be, as on some network drives, the rollback journal serves, with more waiting.
    await whileBusy(() => this.writer.exec("PRAGMA journal_mode = WAL"), this.lockSeconds).catch(
      () => {},
    );
  }

  /** Goes on while another process holds the database; where this connection itself does, the failure says so. */
  async whileBusy<T>(task: () => T | Promise<T>, signal?: AbortSignal): Promise<T> {
    try {
      return await whileBusy(task, this.lockSeconds, signal);
    } catch (error) {
      if (this.#open === 0 || this.#options.wal || !isBusy(error)) throw error;
      throw new ConnError(
        "CONN_POOL_TIMEOUT",
        `The database stayed locked for ${this.lockSeconds} s, and this connection itself reads from it: streams and read-only sessions open: ${this.#open}.`,
        {
          cause: error,
          hint: "Without write-ahead logging a writer waits for every reader: leave out `wal: false`, or end them first.",
        },
      );
    }
  }

  afterWrite(): void {
    this.#options.afterWrite();
  }

  /** TypeORM's own end of the DataSource closes the writing handle. */
  closeWriter(): void {
    this.#writer?.close();
    this.#writer = undefined;
    this.#changes = undefined;
  }

  async close(): Promise<void> {
    const closed = new ConnError(
      "CONN_CLOSED",
      "The connection was closed while the call waited for its turn.",
    );
    this.lock.close(closed);
    this.#readers?.close(closed);
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
    else this.closeWriter();
  }

  async #read<T>(
    holder: string,
    signal: AbortSignal | undefined,
    task: (database: SqliteDatabase) => T | Promise<T>,
  ): Promise<T> {
    await breathe();
    const turn = this.#turn(holder, signal);
    if (!this.#readers) return this.lock.run(turn, () => task(this.writer));
    const { database, give } = await this.#readers.take(turn);
    try {
      return await whileBusy(() => task(database), this.lockSeconds, signal);
    } finally {
      give();
    }
  }

  #turn(holder: string, signal: AbortSignal | undefined): TurnRequest {
    return { seconds: this.lockSeconds, holder, signal };
  }

  #openReader(): SqliteDatabase {
    const { driver, path, readOnly } = this.#options;
    const database = driver.open({ path, readOnly });
    // Not opened read-only: SQLite then could neither make a missing file nor recover its log.
    database.exec("PRAGMA query_only = ON");
    return database;
  }

  /** Whether the program that SQLite would run begins a transaction for writing: https://sqlite.org/opcode.html#Transaction */
  #programWrites(database: SqliteDatabase, text: string, verb: string): boolean {
    // Words decided about these: an EXPLAIN never runs, and a PRAGMA may take effect while it is compiled.
    if (verb === "PRAGMA" || verb === "EXPLAIN") return false;
    let writes = this.#reading.get(text);
    if (writes === undefined) {
      const program = database
        .prepare(`EXPLAIN ${text.replace(/^[\s;\uFEFF]+/, "")}`)
        .all([], false);
      writes = program.some(([, opcode, , second]) => opcode === "Transaction" && second !== 0);
      if (this.#reading.size >= 500) this.#reading.delete(this.#reading.keys().next().value!);
      this.#reading.set(text, writes);
    }
    return writes;
  }
}
