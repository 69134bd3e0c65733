import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";

/** The one database of a server, and the order in which its connections write. */
export class Database {
  readonly name = "pets";
  readonly #instance: DuckDBInstance;
  #writing: Promise<unknown> = Promise.resolve();

  static async open(path: string): Promise<Database> {
    const database = new Database(await DuckDBInstance.create(path, { threads: "2" }));
    const connection = await database.connect();
    await connection.run("create schema if not exists dbo");
    connection.closeSync();
    return database;
  }

  private constructor(instance: DuckDBInstance) {
    this.#instance = instance;
  }

  async connect(): Promise<DuckDBConnection> {
    const connection = await this.#instance.connect();
    // Before the first connection has made it there is no such schema.
    await connection.run("set search_path = 'dbo'").catch(() => {});
    return connection;
  }

  /** One write after the other: two at once could each give way to the other. */
  writing<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#writing.then(task);
    this.#writing = turn.catch(() => {});
    return turn;
  }

  close(): void {
    this.#instance.closeSync();
  }
}
