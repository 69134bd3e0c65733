/**
 * `server CONTESTANT URL MEASURE` prints one number, for reading pets from a server with caches off:
 *
 * - `all`: CPU milliseconds of this process for all 100,000, the mean of fifteen reads after five, with
 *   the garbage of each paid for by who made it; by conn to a Table, by a peer to what it gives.
 * - `first`: the same for the first read of a process, packages loaded and connected.
 * - `small`: microseconds of wall time for one row by its key, the mean of 20,000 after 20,000, as in a server.
 * - `stream`: rows per second of wall time, in batches of 10,000.
 */
import { connection } from "@conn/core";
import type {} from "@conn/sql";

interface Reader {
  /** `?` stands for a parameter. */
  query(sql: string, params?: readonly unknown[]): Promise<unknown>;
  stream?(sql: string, batchSize: number): AsyncIterable<{ readonly length: number }>;
}

const [contestant = "", url = "", measure = ""] = process.argv.slice(2);
const numbered = (sql: string): string => sql.replace("?", "$1");

const contestants: Readonly<Record<string, () => Promise<Reader>>> = {
  async conn() {
    const conn = await connection("pets", { type: "sql", config: { url } });
    await conn.client();
    return {
      query: (sql, params) => conn.query(sql, { ttl: 0, ...(params ? { params } : {}) }),
      stream: (sql, batchSize) => conn.stream(sql, { batchSize }),
    };
  },

  async pg() {
    const { default: pg } = await import("pg");
    const client = new pg.Client(url);
    await client.connect();
    return { query: (sql, params) => client.query(numbered(sql), params as unknown[]) };
  },

  async "pg.Pool"() {
    const { default: pg } = await import("pg");
    const pool = new pg.Pool({ connectionString: url });
    return { query: (sql, params) => pool.query(numbered(sql), params as unknown[]) };
  },

  /** As conn does it by itself: the server parses the text once. */
  async "pg.Pool, named by hand"() {
    const { default: pg } = await import("pg");
    const pool = new pg.Pool({ connectionString: url });
    return {
      query: (sql, params) =>
        pool.query({ name: "pets", text: numbered(sql), values: [...(params ?? [])] }),
    };
  },

  async "pg-cursor"() {
    const [{ default: pg }, { default: Cursor }] = await Promise.all([
      import("pg"),
      import("pg-cursor"),
    ]);
    const client = new pg.Client(url);
    await client.connect();
    const stream = async function* (sql: string, batchSize: number): AsyncGenerator<unknown[]> {
      const cursor = client.query(new Cursor(sql, [], { rowMode: "array" } as never));
      for (;;) {
        const rows = await cursor.read(batchSize);
        if (rows.length === 0) return;
        yield rows;
      }
    };
    return {
      async query(sql) {
        let count = 0;
        for await (const rows of stream(sql, 10_000)) count += rows.length;
        return count;
      },
      stream,
    };
  },

  async "postgres.js"() {
    const { default: postgres } = await import("postgres");
    const sql = postgres(url, { max: 1 });
    return { query: (text, params) => sql.unsafe(numbered(text), params as never) };
  },

  async mysql2() {
    const { createConnection } = await import("mysql2/promise");
    const client = await createConnection(url);
    return {
      query: (sql, params) => (params ? client.execute(sql, params as never) : client.query(sql)),
    };
  },

  async "mysql2's pool"() {
    const { createPool } = await import("mysql2/promise");
    const pool = createPool(url);
    return { query: (sql, params) => pool.execute(sql, params as never) };
  },

  async knex() {
    const { default: knex } = await import("knex");
    const client = url.startsWith("postgres") ? "pg" : "mysql2";
    const database = knex({ client, connection: url, pool: { min: 1, max: 1 } });
    return { query: (sql, params) => database.raw(sql, params as never) };
  },

  async kysely() {
    const { CompiledQuery, Kysely, MysqlDialect, PostgresDialect } = await import("kysely");
    const onPostgres = url.startsWith("postgres");
    const dialect = onPostgres
      ? new PostgresDialect({
          pool: new (await import("pg")).default.Pool({ connectionString: url }),
        })
      : new MysqlDialect({ pool: (await import("mysql2")).createPool(url) });
    const database = new Kysely<unknown>({ dialect });
    return {
      query: (sql, params = []) =>
        database.executeQuery(CompiledQuery.raw(onPostgres ? numbered(sql) : sql, [...params])),
    };
  },

  async drizzle() {
    const { sql: raw } = await import("drizzle-orm");
    const database: { execute(statement: unknown): Promise<unknown> } = url.startsWith("postgres")
      ? (await import("drizzle-orm/node-postgres")).drizzle(url)
      : (await import("drizzle-orm/mysql2")).drizzle(url);
    return {
      query: async (sql, [param] = []) => {
        const [before = "", after = ""] = sql.split("?");
        const fragment =
          param === undefined ? raw.raw(sql) : raw`${raw.raw(before)}${param}${raw.raw(after)}`;
        return database.execute(fragment);
      },
    };
  },

  async db0() {
    const { createDatabase } = await import("db0");
    const connector = url.startsWith("postgres")
      ? (await import("db0/connectors/postgresql")).default({ connectionString: url })
      : (await import("db0/connectors/mysql2")).default({ uri: url });
    const database = createDatabase(connector as never);
    return { query: (sql, params = []) => database.prepare(sql).all(...(params as never[])) };
  },

  async typeorm() {
    const { DataSource } = await import("typeorm");
    const type = url.startsWith("postgres") ? "postgres" : "mysql";
    const source = await new DataSource({ type, url }).initialize();
    const onPostgres = type === "postgres";
    return {
      query: (sql, params) =>
        source.query(onPostgres ? numbered(sql) : sql, params as unknown[] | undefined),
    };
  },
};

const reader = await contestants[contestant]!();
console.log(await measured());
process.exit();

async function measured(): Promise<number> {
  const all = "select * from pets";
  switch (measure) {
    case "all":
    case "first": {
      const [warmUp, rounds] = measure === "first" ? [0, 1] : [5, 15];
      for (let round = 0; round < warmUp; round++) await reader.query(all);
      const start = process.cpuUsage();
      for (let round = 0; round < rounds; round++) await reader.query(all);
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000 / rounds;
    }
    case "small": {
      const read = (id: number): Promise<unknown> =>
        reader.query("select * from pets where id = ?", [id]);
      for (let id = 0; id < 20_000; id++) await read(id);
      const start = performance.now();
      for (let id = 0; id < 20_000; id++) await read(id);
      return ((performance.now() - start) * 1000) / 20_000;
    }
    default: {
      const start = performance.now();
      let rows = 0;
      for (let round = 0; round < 5; round++)
        for await (const batch of reader.stream!(all, 10_000)) rows += batch.length;
      return (rows / (performance.now() - start)) * 1000;
    }
  }
}
