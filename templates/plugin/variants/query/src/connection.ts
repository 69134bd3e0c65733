import {
  BaseConnection,
  ConnError,
  type OpenContext,
  type Params,
  type ReadOptions,
  Table,
} from "@conn/core";
import { Client, RefusedError } from "./client.ts";
import { config, type MySourceConfig } from "./config.ts";

export interface QueryOptions extends ReadOptions<Table> {
  /** Values for the statement's `?`. */
  readonly params?: readonly unknown[];
}

export class MySourceConnection extends BaseConnection<Client, MySourceConfig> {
  static readonly type = "my-source";
  static readonly config = config;
  static readonly members = {
    query: "Runs a statement that reads, and gives a table; cached.",
    execute: "Runs a statement that writes.",
  };

  protected open(settings: MySourceConfig, { signal }: OpenContext): Promise<Client> {
    return Client.open(settings, signal);
  }

  protected override release(client: Client): Promise<void> {
    return client.end();
  }

  protected override async ping(client: Client): Promise<void> {
    await client.send({ do: "query", statement: "find nothing" });
  }

  protected override explain(error: unknown, operation: string): ConnError | undefined {
    if (!(error instanceof RefusedError)) return undefined;
    const [code, hint] = meanings[error.code] ?? ["CONN_QUERY", "Correct the statement."];
    return new ConnError(code, error.message, {
      connection: this.name,
      operation,
      cause: error,
      hint,
    });
  }

  /**
   * What a statement finds, as a table: `query("find pets where person = ?", { params: ["alex"] })`.
   *
   * @throws CONN_AUTH, CONN_QUERY, CONN_READ_ONLY.
   */
  query(statement: string, options: QueryOptions = {}): Promise<Table> {
    const { params = [], ...reading } = options;
    return this.cached(
      { method: "query", args: [statement, params] },
      reading,
      async (client, signal) => {
        const { columns, rows } = await client.send({ do: "query", statement, params }, signal);
        return Table.fromRows(
          rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]]))),
          { columns: columns.map((name) => ({ name })) },
        );
      },
    );
  }

  /**
   * Runs a statement that writes, once: `execute("add pet ?", ["cat"])`. Drops cached results.
   *
   * @throws CONN_AUTH, CONN_QUERY, CONN_LOST.
   */
  execute(statement: string, params: Params = []): Promise<{ readonly rowCount: number }> {
    return this.run("execute", async (client, signal) => {
      const { rows } = await client.send({ do: "execute", statement, params }, signal);
      this.dropCached();
      return { rowCount: rows.length };
    });
  }
}

const meanings: Readonly<Record<string, readonly [code: `CONN_${string}`, hint: string]>> = {
  login: ["CONN_AUTH", "Correct `password` in the secrets file."],
  "read-only": ["CONN_READ_ONLY", "Use `execute` for statements that write."],
};
