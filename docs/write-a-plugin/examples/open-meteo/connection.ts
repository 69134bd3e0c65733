import { BaseConnection, ConnError, type ReadOptions, Table } from "@conn/core";
import { z } from "zod";

const config = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .describe("Where the API is.")
    .meta({ examples: ["https://customer-api.open-meteo.com"] })
    .default("https://api.open-meteo.com"),
  apikey: z
    .string()
    .describe("The key of a paid plan. Default: none, for use that is not commercial.")
    .meta({ writeOnly: true, examples: ["<apikey>"] })
    .exactOptional(),
});

type Config = z.infer<typeof config>;
type Get = (query: Record<string, string>, signal: AbortSignal) => Promise<Answer>;
type Answer = Record<string, Record<string, unknown[]>>;

export interface ForecastOptions extends ReadOptions<Table> {
  /** Degrees, north and east of the origin. */
  readonly latitude: number;
  readonly longitude: number;
  /** Such as `temperature_2m_max` of a day, `temperature_2m` of an hour. */
  readonly variables: readonly string[];
  /** 0 to 16. Default: 7. */
  readonly days?: number;
}

/** Weather forecasts of open-meteo.com. */
export class OpenMeteoConnection extends BaseConnection<Get, Config> {
  static readonly type = "open-meteo";
  static readonly config = config;
  static readonly members = { read: "Reads the forecast of a place, as a table; cached." };

  protected async open({ url, apikey }: Config): Promise<Get> {
    return async (query, signal) => {
      const address = new URL("/v1/forecast", url);
      address.search = String(new URLSearchParams({ ...query, ...(apikey && { apikey }) }));
      // Results are cached for minutes, so no socket is kept for the next call.
      const response = await fetch(address, { signal, headers: { connection: "close" } });
      const answer: unknown = await response.json().catch((error: unknown) => {
        if (response.ok) throw error;
      });
      if (!response.ok) throw new Refused(response, answer as { reason?: string });
      return answer as Answer;
    };
  }

  protected override async ping(get: Get): Promise<void> {
    await get({ latitude: "52.52", longitude: "13.41" }, AbortSignal.timeout(10_000));
  }

  protected override isTransient(error: unknown): boolean | number {
    if (!(error instanceof Refused)) return false;
    return error.retryAfter ?? (error.status === 429 || error.status >= 500);
  }

  protected override explain(error: unknown, operation: string): ConnError | undefined {
    if (!(error instanceof Refused)) return undefined;
    const options = { connection: this.name, operation, cause: error };
    return new ConnError("CONN_QUERY", `${this.name}.${operation}: ${error.message}`, options);
  }

  /** A row for each day or hour: its time at the place, and the variables. */
  read(step: "daily" | "hourly", options: ForecastOptions): Promise<Table> {
    const { latitude, longitude, variables, days = 7, ...reading } = options;
    const query = {
      latitude: String(latitude),
      longitude: String(longitude),
      [step]: variables.join(","),
      forecast_days: String(days),
      timezone: "auto",
    };
    return this.cached({ method: "read", args: [query] }, reading, async (get, signal) => {
      const { time = [], ...values } = (await get(query, signal))[step] ?? {};
      const columns = variables.map((name) => ({ name }));
      const type = step === "daily" ? "date" : "datetime";
      return Table.fromColumns(
        { time, ...values },
        { columns: [{ name: "time", type }, ...columns] },
      );
    });
  }
}

/** An answer that is no forecast. */
class Refused extends Error {
  readonly status: number;
  /** Seconds, where the API says when to come again. */
  readonly retryAfter: number | undefined;

  constructor({ status, headers }: Response, { reason }: { reason?: string } = {}) {
    super(reason ?? `the API answers with status ${status}`);
    this.status = status;
    this.retryAfter = Number(headers.get("retry-after")) || undefined;
  }
}

declare module "@conn/core" {
  interface ConnectionTypes {
    "open-meteo": OpenMeteoConnection;
  }
}
