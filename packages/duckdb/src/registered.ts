import { randomUUID } from "node:crypto";
import { ConnError, type Table } from "@conn/core";
import type { DuckDBConnection as Handle, DuckDBInstance } from "@duckdb/node-api";
import { quoted } from "./dialect.ts";

interface Entry {
  /** Undefined once DuckDB has its copy and nobody else holds the table. */
  readonly table: () => Table<object> | undefined;
  readonly version: string;
}

interface Loaded {
  /** The search path of a fresh handle, and behind it the registered tables. */
  readonly path: string;
  readonly versions: Map<string, string>;
}

/**
 * Tables that were registered with one connection. DuckDB holds them in a database of its own in memory,
 * beside the one that is open, so that a file is not written to, and one that is read-only will do.
 */
export class RegisteredTables {
  readonly #catalog = `conn_${randomUUID().replaceAll("-", "").slice(0, 12)}`;
  readonly #entries = new Map<string, Entry>();
  readonly #clients = new WeakMap<DuckDBInstance, Loaded>();
  readonly #dropped = new FinalizationRegistry<string>((name) => this.#entries.delete(name));
  readonly #given = new WeakMap<Table<object>, string>();
  #turn: Promise<unknown> = Promise.resolve();

  /** What results depend on beside the database itself; empty where nothing is registered by name. */
  get identity(): string {
    return [...this.#entries]
      .filter(([name]) => !name.startsWith(prefix))
      .map(([name, { version }]) => `${name}:${version}`)
      .join();
  }

  /** Makes the table known under a name, once `load` has copied it; else what had the name keeps it. */
  async set(name: string, table: Table<object>, load: () => Promise<void>): Promise<void> {
    const before = this.#entries.get(name);
    this.#entries.set(name, { table: () => table, version: randomUUID() });
    try {
      await load();
    } catch (error) {
      if (before) this.#entries.set(name, before);
      else this.#entries.delete(name);
      throw error;
    }
  }

  delete(name: string): boolean {
    return this.#entries.delete(name);
  }

  /** A name for a table, for as long as somebody holds the table. */
  nameOf(table: Table<object>): string {
    const known = this.#given.get(table);
    if (known !== undefined) return known;
    const name = prefix + randomUUID().replaceAll("-", "");
    const weak = new WeakRef(table);
    this.#entries.set(name, { table: () => weak.deref(), version: "" });
    this.#given.set(table, name);
    this.#dropped.register(table, name);
    return name;
  }

  /**
   * Lets a statement on the handle find the tables, copying those first that this client has not. Of tables
   * without a given name it is those that the statement names.
   */
  async show(
    handle: Handle,
    client: DuckDBInstance,
    { signal, statement = "" }: { signal: AbortSignal; statement?: string | undefined },
  ): Promise<void> {
    if (this.#entries.size === 0 && !this.#clients.has(client)) return;
    const wanted = (name: string): boolean => !name.startsWith(prefix) || statement.includes(name);
    const turn = this.#turn.then(() => this.#load(client, signal, wanted));
    this.#turn = turn.catch(() => {});
    await handle.run(`set search_path = ${await turn}`);
  }

  /** Ends what DuckDB holds for this connection; the client itself may serve other connections. */
  async leave(client: DuckDBInstance): Promise<void> {
    if (!this.#clients.delete(client)) return;
    const handle = await client.connect();
    try {
      await handle.run(`detach ${this.#catalog}`);
    } finally {
      handle.closeSync();
    }
  }

  /** Copies what is missing, on a handle of its own: a transaction writes to one database alone. */
  async #load(
    client: DuckDBInstance,
    signal: AbortSignal,
    wanted: (name: string) => boolean,
  ): Promise<string> {
    const known = this.#clients.get(client);
    if (known && this.#isComplete(known, wanted)) return known.path;
    const handle = await client.connect();
    try {
      const loaded = known ?? { path: await this.#attach(handle), versions: new Map() };
      this.#clients.set(client, loaded);
      for (const name of loaded.versions.keys())
        if (!this.#entries.has(name)) {
          await handle.run(`drop table if exists ${this.#pathOf(name)}`);
          loaded.versions.delete(name);
        }
      for (const [name, { table, version }] of this.#entries) {
        if (!wanted(name)) continue;
        const source = loaded.versions.get(name) === version ? undefined : table();
        if (!source) continue;
        await this.#copy(handle, name, source, signal);
        loaded.versions.set(name, version);
      }
      return loaded.path;
    } finally {
      handle.closeSync();
    }
  }

  #isComplete({ versions }: Loaded, wanted: (name: string) => boolean): boolean {
    for (const name of versions.keys()) if (!this.#entries.has(name)) return false;
    for (const [name, { version }] of this.#entries)
      if (versions.get(name) !== version && wanted(name)) return false;
    return true;
  }

  async #copy(
    handle: Handle,
    name: string,
    source: Table<object>,
    signal: AbortSignal,
  ): Promise<void> {
    // DuckDB takes long to load, so what needs it is imported on first use.
    const { stage, typedSelect } = await import("./load.ts");
    await stage(handle, source, signal);
    const select = await typedSelect(handle, source);
    await handle.run(`create or replace table ${this.#pathOf(name)} as ${select}`);
    await handle.run("drop table temp.main.conn_staging");
  }

  #pathOf(name: string): string {
    return `${this.#catalog}.main.${quoted(name)}`;
  }

  async #attach(handle: Handle): Promise<string> {
    const [[database, schema]] = (
      await handle.runAndReadAll("select current_database(), current_schema()")
    ).getRowsJS() as [[string, string]];
    await handle.run(`attach ':memory:' as ${this.#catalog} (read_write)`);
    const path = `${quoted(database)}.${quoted(schema)},${this.#catalog}.main`;
    return `'${path.replaceAll("'", "''")}'`;
  }
}

/** Of names that nobody gave. */
const prefix = "conn_table_";

/**
 * @throws CONN_ARGUMENT for a name that no table can have.
 */
export function checkName(name: unknown): asserts name is string {
  if (typeof name === "string" && name !== "" && !name.includes("\0")) return;
  throw new ConnError("CONN_ARGUMENT", "A registered table needs a name.", {
    hint: 'conn.register("owners", table)',
  });
}
