import { BaseConnection, ConnError, type ReadOptions, Table } from "@conn/core";
import { ApiClient, HttpError } from "./client.ts";
import { config, type MySourceConfig } from "./config.ts";

export class MySourceConnection extends BaseConnection<ApiClient, MySourceConfig> {
  static readonly type = "my-source";
  static readonly config = config;
  static readonly members = { read: "Reads a list of objects, as a table; cached." };

  protected async open(settings: MySourceConfig): Promise<ApiClient> {
    return new ApiClient(settings);
  }

  protected override async ping(client: ApiClient): Promise<void> {
    await client.get("status", AbortSignal.timeout(5000));
  }

  protected override isTransient(error: unknown): boolean | number | undefined {
    if (!(error instanceof HttpError)) return undefined;
    return error.retryAfter ?? [429, 502, 503, 504].includes(error.status);
  }

  protected override explain(error: unknown, operation: string): ConnError | undefined {
    if (!(error instanceof HttpError)) return undefined;
    const refused = error.status === 401 || error.status === 403;
    return new ConnError(refused ? "CONN_AUTH" : "CONN_QUERY", error.message, {
      connection: this.name,
      operation,
      cause: error,
      hint: refused ? "Correct `token` in the secrets file." : "See whether the path is right.",
    });
  }

  /**
   * The list of objects at a path of the API, as a table: `read("pets")`.
   *
   * @throws CONN_AUTH, CONN_QUERY, CONN_ARGUMENT.
   */
  read(path: string, options?: ReadOptions<Table>): Promise<Table> {
    return this.cached({ method: "read", args: [path] }, options, async (client, signal) =>
      Table.fromRows((await client.get(path, signal)) as Record<string, unknown>[]),
    );
  }
}
