import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";

export interface Api extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Requests that wait for their answer now. */
  readonly waiting: number;
}

const units: Readonly<Record<string, string>> = {
  temperature_2m_max: "°C",
  precipitation_sum: "mm",
  temperature_2m: "°C",
};

/**
 * A stand-in on 127.0.0.1 that answers as https://open-meteo.com/en/docs says, with a weather of its
 * own. It keeps requests for latitude 0, longitude 0 waiting.
 */
export async function standIn(): Promise<Api> {
  const waiting = new Set<ServerResponse>();
  const server = createServer(({ url = "/" }, response) => {
    waiting.add(response);
    response.once("close", () => waiting.delete(response));
    const query = new URL(url, "http://localhost").searchParams;
    if (query.get("latitude") === "0" && query.get("longitude") === "0") return;
    const { status, body } = answer(query);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    get waiting() {
      return waiting.size;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(query: URLSearchParams): { status: number; body: object } {
  const body: Record<string, unknown> = {
    latitude: Number(query.get("latitude")),
    longitude: Number(query.get("longitude")),
    generationtime_ms: 0.05,
    utc_offset_seconds: 7200,
    timezone: "Europe/Berlin",
    timezone_abbreviation: "GMT+2",
    elevation: 38,
  };
  for (const [step, length] of [
    ["daily", 10],
    ["hourly", 16],
  ] as const) {
    const names = query.get(step)?.split(",") ?? [];
    const unknown = names.find((name) => !(name in units));
    if (unknown !== undefined) {
      const reason = `Data corrupted at path ''. Cannot initialize ${unknown} from invalid String value.`;
      return { status: 400, body: { error: true, reason } };
    }
    if (names.length === 0) continue;
    const count = Number(query.get("forecast_days") ?? 7) * (step === "daily" ? 1 : 24);
    const hours = step === "daily" ? 24 : 1;
    const time = Array.from({ length: count }, (_, index) =>
      new Date(Date.UTC(2026, 6, 1, index * hours)).toISOString().slice(0, length),
    );
    body[`${step}_units`] = {
      time: "iso8601",
      ...Object.fromEntries(names.map((name) => [name, units[name]])),
    };
    body[step] = {
      time,
      ...Object.fromEntries(
        names.map((name) => [name, time.map((_, index) => 20.5 + ((index * 7) % 5))]),
      ),
    };
  }
  return { status: 200, body };
}
