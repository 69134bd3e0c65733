import { setTimeout as pause } from "node:timers/promises";
import type { DuckDBConnection, DuckDBResult } from "@duckdb/node-api";
import { type WireColumn, wireType } from "./columns.ts";
import type { Database } from "./database.ts";
import { deadlock, isConflict, SqlError } from "./errors.ts";
import type { Parameter } from "./parameters.ts";
import { type Statement, splitStatements } from "./split.ts";
import { tokenize } from "./tokenize.ts";
import { change, changeToken, columnsToken, doneStatus, doneToken, rowToken } from "./tokens.ts";
import { type ServerState, sequenceOf, translate, wordOf } from "./translate.ts";

/** What the sessions of a server know of each other. */
export interface Company {
  readonly database: Database;
  sessions(): readonly Session[];
  kill(id: number): boolean;
}

export type Send = (token: Buffer) => Promise<void>;

export interface Running {
  readonly parameters: readonly Parameter[];
  readonly send: Send;
  /** The kind of token that ends each statement, and whether something follows it anyway. */
  readonly done: number;
  readonly follows: boolean;
}

/** Milliseconds that a write waits for one who holds what it wants. */
const lockWait = 2000;
const descriptor = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
const nobody = Buffer.alloc(0);

/** One connection's settings, transaction and statements. */
export class Session {
  readonly id: number;
  readonly #company: Company;
  readonly #encrypted: boolean;
  readonly #settings = new Map<string, string>();
  #connection: DuckDBConnection;
  #inTransaction = false;
  /** Whether the transaction holds anything that a wait for others would lose. */
  #touched = false;
  #lastId: bigint | undefined;
  #affected = 0n;
  #sending = false;
  readonly #temporary = new Set<string>();
  /** What runs now. */
  text: string | undefined;
  /** Whether the client has asked to stop it. */
  stopped = false;

  static async begin(id: number, company: Company, encrypted: boolean): Promise<Session> {
    return new Session(id, company, await company.database.connect(), encrypted);
  }

  private constructor(
    id: number,
    company: Company,
    connection: DuckDBConnection,
    encrypted: boolean,
  ) {
    this.id = id;
    this.#encrypted = encrypted;
    this.#company = company;
    this.#connection = connection;
  }

  /** Forgets settings, temporary tables and an open transaction. */
  async reset(): Promise<void> {
    const before = this.#connection;
    this.#connection = await this.#company.database.connect();
    this.#settings.clear();
    this.#temporary.clear();
    this.#inTransaction = false;
    this.#lastId = undefined;
    before.closeSync();
  }

  /** Interrupting what has its result would take the transaction with it; it stops at its next row. */
  stop(): void {
    this.stopped = true;
    if (!this.#sending) this.#connection.interrupt();
  }

  end(): void {
    this.stopped = true;
    this.#connection.interrupt();
    this.#connection.closeSync();
  }

  async run(statement: Statement, running: Running, more: boolean): Promise<void> {
    const [first, second, third] = statement.map(wordOf);
    const argument = statement[1]?.text ?? "";
    const status = more ? doneStatus.more : 0;
    switch (first) {
      case "SET":
        this.#settings.set(argument.toLowerCase(), statement.at(-1)!.text);
        break;
      case "USE":
        break;
      case "WAITFOR":
        await this.#wait(statement.at(-1)!.text);
        break;
      case "KILL":
        if (!this.#company.kill(Number(argument)))
          throw new SqlError(6106, `Process ID ${argument} is not an active process ID.`);
        break;
      case "SAVE":
        break;
      case "BEGIN":
        if (!second!.startsWith("TRAN"))
          throw new SqlError(102, "The emulator runs no blocks.", 15);
        await this.beginTransaction(running.send);
        break;
      case "COMMIT":
        await this.commitTransaction(running.send);
        break;
      case "ROLLBACK":
        if (third) throw new SqlError(50_000, "The emulator has no savepoints.");
        await this.rollbackTransaction(running.send);
        break;
      case "EXEC":
      case "EXECUTE": {
        const text = statement.find(({ kind }) => kind === "string");
        const runs = argument === "(" || argument.toLowerCase() === "sp_executesql";
        if (!text || !runs)
          throw new SqlError(2812, `Could not find stored procedure '${argument}'.`);
        const inner = text.text.slice(1, -1).replaceAll("''", "'");
        for (const each of splitStatements(tokenize(inner))) await this.run(each, running, true);
        break;
      }
      case "DECLARE":
      case "IF":
      case "WHILE":
        throw new SqlError(102, `The emulator does not run ${first}.`, 15);
      default:
        await this.#runSql(statement, running, status);
        return;
    }
    await running.send(doneToken(running.done, status));
  }

  async beginTransaction(send: Send): Promise<void> {
    if (this.#inTransaction) return;
    await this.#connection.run("begin transaction");
    this.#inTransaction = true;
    this.#touched = false;
    await send(changeToken(change.begin, descriptor, nobody));
  }

  async commitTransaction(send: Send): Promise<void> {
    if (!this.#inTransaction)
      throw new SqlError(3902, "The COMMIT TRANSACTION request has no BEGIN TRANSACTION.");
    this.#inTransaction = false;
    await this.#company.database.writing(() => this.#connection.run("commit"));
    await send(changeToken(change.commit, nobody, descriptor));
  }

  async rollbackTransaction(send: Send): Promise<void> {
    if (!this.#inTransaction)
      throw new SqlError(3903, "The ROLLBACK TRANSACTION request has no BEGIN TRANSACTION.");
    this.#inTransaction = false;
    await this.#connection.run("rollback");
    await send(changeToken(change.rollback, nobody, descriptor));
  }

  async #wait(delay: string): Promise<void> {
    const [hours = 0, minutes = 0, seconds = 0] = delay.replaceAll("'", "").split(":").map(Number);
    const until = performance.now() + ((hours * 60 + minutes) * 60 + seconds) * 1000;
    while (performance.now() < until && !this.stopped) await pause(5);
  }

  async #runSql(statement: Statement, running: Running, status: number): Promise<void> {
    const verb = wordOf(statement[0]);
    const reads = verb === "SELECT" || verb === "WITH";
    const texts = translate(statement, this.#state());
    const task = async (): Promise<DuckDBResult> => {
      let result: DuckDBResult | undefined;
      for (const text of texts) result = await this.#execute(text, running.parameters);
      return result!;
    };
    const result = reads ? await task() : await this.#afterOthers(task);
    this.#touched = true;
    // What DuckDB counts as changed is no result of its own.
    const returns = reads || statement.some((token) => wordOf(token) === "OUTPUT");
    this.#affected = returns
      ? await this.#sendRows(result, running.send)
      : BigInt(result.rowsChanged);
    if (verb === "INSERT") await this.#learnId(statement);
    for (const { text } of verb === "CREATE" ? statement : [])
      if (text.startsWith("#")) this.#temporary.add(text);
    const counts = returns || /^(INSERT|UPDATE|DELETE|MERGE)$/.test(verb);
    await running.send(
      doneToken(running.done, status | (counts ? doneStatus.count : 0), this.#affected),
    );
  }

  async #execute(text: string, parameters: readonly Parameter[]): Promise<DuckDBResult> {
    const prepared = await this.#connection.prepare(text);
    const named = new Map(parameters.map((each) => [`p_${each.name.toLowerCase()}`, each]));
    const [values, types]: [Record<string, never>, Record<string, never>] = [{}, {}];
    for (let index = 1; index <= prepared.parameterCount; index++) {
      const name = prepared.parameterName(index);
      const parameter = named.get(name);
      if (!parameter)
        throw new SqlError(137, `Must declare the scalar variable "@${name.slice(2)}".`, 15);
      values[name] = parameter.value as never;
      types[name] = parameter.type as never;
    }
    if (prepared.parameterCount > 0) prepared.bind(values, types);
    return prepared.stream();
  }

  /** A write that meets another's waits for its end, as for a lock; where it holds something itself, it gives way. */
  async #afterOthers<T>(task: () => Promise<T>): Promise<T> {
    const until = performance.now() + lockWait;
    for (;;) {
      const outcome = await this.#company.database.writing(async () => {
        try {
          return { value: await task() };
        } catch (error) {
          if (!isConflict(error)) throw error;
          if (this.#inTransaction) await this.#connection.run("rollback");
          if (this.#inTransaction && !this.#touched && performance.now() < until) {
            await this.#connection.run("begin transaction");
            return undefined;
          }
          if (this.#inTransaction || performance.now() >= until) {
            this.#inTransaction = false;
            throw deadlock();
          }
          return undefined;
        }
      });
      if (outcome) return outcome.value;
      if (this.stopped) throw new Error("Interrupted");
      await pause(5);
    }
  }

  async #sendRows(result: DuckDBResult, send: Send): Promise<bigint> {
    const columns = Array.from({ length: result.columnCount }, (_, index) => ({
      name: result.columnName(index),
      type: wireType(result.columnType(index)),
    }));
    await send(columnsToken(columns));
    this.#sending = true;
    try {
      return await this.#sendChunks(result, columns, send);
    } finally {
      this.#sending = false;
    }
  }

  async #sendChunks(
    result: DuckDBResult,
    columns: readonly WireColumn[],
    send: Send,
  ): Promise<bigint> {
    let count = 0n;
    for (;;) {
      const chunk = await result.fetchChunk();
      if (!chunk || chunk.rowCount === 0) return count;
      const cells = columns.map((_, index) => chunk.getColumnValues(index));
      for (let row = 0; row < chunk.rowCount; row++) {
        if (this.stopped) throw new Error("Interrupted");
        await send(
          rowToken(
            columns,
            cells.map((column) => column[row] ?? null),
          ),
        );
        count++;
      }
    }
  }

  /** The number that the table's identity column got. */
  async #learnId(statement: Statement): Promise<void> {
    const into = statement.findIndex((token) => wordOf(token) === "INTO");
    let at = into < 0 ? 1 : into + 1;
    while (statement[at + 1]?.text === ".") at += 2;
    const name = (statement[at]?.text ?? "").replaceAll('"', "");
    const found = await this.#connection.runAndReadAll(
      `select last_value from duckdb_sequences() where sequence_name = '${sequenceOf(name)}'`,
    );
    const value = found.getRows()[0]?.[0];
    this.#lastId = typeof value === "bigint" ? value : undefined;
  }

  #state(): ServerState {
    const others = this.#company.sessions();
    const busy = others.filter(({ text }) => text !== undefined);
    const id = this.#lastId === undefined ? "null" : `${this.#lastId}`;
    const setting = (name: string, otherwise: string): string =>
      this.#settings.get(name) ?? otherwise;
    const variables: Readonly<Record<string, string>> = {
      "@@SPID": `cast(${this.id} as smallint)`,
      "@@TRANCOUNT": this.#inTransaction ? "1" : "0",
      "@@VERSION": "'Microsoft SQL Server, emulated'",
      "@@ROWCOUNT": `${this.#affected}`,
      "@@IDENTITY": `cast(${id} as decimal(38, 0))`,
      "@@LOCK_TIMEOUT": setting("lock_timeout", "-1"),
      "@@DATEFIRST": setting("datefirst", "7"),
      "SCOPE_IDENTITY()": `cast(${id} as decimal(38, 0))`,
      "DB_NAME()": `'${this.#company.database.name}'`,
      "SCHEMA_NAME()": "'dbo'",
      "GETDATE()": "cast(now() as timestamp)",
      "GETUTCDATE()": "cast(now() as timestamp)",
      "SYSDATETIME()": "cast(now() as timestamp)",
      "SYSUTCDATETIME()": "cast(now() as timestamp)",
      "SYSDATETIMEOFFSET()": "now()",
    };
    const views: Readonly<Record<string, string>> = {
      dm_exec_sessions: valuesOf(
        "session_id, is_user_process",
        others.map((each) => `${each.id}, 1`),
      ),
      dm_exec_connections: valuesOf("session_id, encrypt_option", [
        `${this.id}, '${this.#encrypted ? "TRUE" : "FALSE"}'`,
      ]),
      dm_exec_requests: valuesOf(
        "session_id, sql_handle",
        busy.map((each) => `${each.id}, ${each.id}`),
      ),
      dm_exec_sql_text: valuesOf(
        "sql_handle, text",
        busy.map((each) => `${each.id}, '${each.text!.replaceAll("'", "''")}'`),
      ),
    };
    return {
      variable: (name) => variables[name.toUpperCase()],
      view: (name) => views[name],
      isTemporary: (name) => this.#temporary.has(name),
    };
  }
}

/** Rows that stand in a statement in place of a view. */
function valuesOf(columns: string, rows: readonly string[]): string {
  const nulls = columns.replaceAll(/\w+/g, "null");
  const values = [...rows.map((row) => `(${row})`), `(${nulls})`].join(", ");
  const [first] = columns.split(",");
  return `(select * from (values ${values}) as view(${columns}) where ${first} is not null)`;
}
