import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connection, register } from "@conn/core";
import { conform, record, replay, scriptedServer } from "@conn/testing";
import { afterAll, expect, test } from "vitest";
import { warmestDay } from "./app.ts";
import { OpenMeteoConnection } from "./connection.ts";
import { standIn } from "./server.ts";

const api = await standIn();
afterAll(() => api[Symbol.asyncDispose]());

const apikey = "only-for-this-test";
const berlin = { latitude: 52.52, longitude: 13.41, variables: ["temperature_2m_max"] };
const nowhere = { latitude: 0, longitude: 0, variables: ["temperature_2m_max"] };

conform<OpenMeteoConnection>(
  {
    type: OpenMeteoConnection,
    config: { url: api.url, apikey },
    package: import.meta.url,
    sample: (conn, options) => conn.read("daily", { ...options, ...berlin }),
    variants: [
      (conn, options) => conn.read("daily", { ...options, ...berlin, days: 1 }),
      (conn, options) =>
        conn.read("daily", { ...options, ...berlin, variables: ["precipitation_sum"] }),
      (conn, options) =>
        conn.read("hourly", { ...options, ...berlin, variables: ["temperature_2m"] }),
    ],
    fails: (conn, options) => conn.read("daily", { ...options, ...berlin, variables: ["dragons"] }),
    slow: {
      call: (conn, options) => conn.read("daily", { ...options, ...nowhere }),
      running: () => api.waiting,
    },
    network: {
      port: api.port,
      config: ({ host, port }) => ({ url: `http://${host}:${port}`, apikey }),
    },
    values: { empty: (conn) => conn.read("daily", { ...berlin, days: 0 }) },
  },
  { test },
);

test("asks again where the API is busy, and not where it refuses", async () => {
  const daily = { time: ["2026-07-01"], temperature_2m_max: [20.5] };
  await using busy = await scriptedServer(["503", "429", "ok", "400"], { answer: { daily } });
  const conn = await connection("weather", {
    type: OpenMeteoConnection,
    config: { url: busy.url },
  });
  expect((await conn.read("daily", berlin)).length).toBe(1);
  expect(busy.requests.length).toBe(3);
  await expect(conn.read("daily", { ...berlin, refresh: true })).rejects.toThrow("status 400");
  expect(busy.requests.length).toBe(4);
});

const cassette = new URL("berlin.cassette.json", import.meta.url);

test("the cassette is what record() writes", async () => {
  const folder = await mkdtemp(join(tmpdir(), "conn-cassette-"));
  const file = join(folder, "berlin.cassette.json");
  const conn = await connection("weather", {
    type: OpenMeteoConnection,
    config: { url: api.url, apikey },
  });
  await record(conn, file).read("daily", { ...berlin, days: 3 });
  await expect(await readFile(file, "utf8")).toMatchFileSnapshot(fileURLToPath(cassette));
  await rm(folder, { recursive: true });
});

test("an application is tested offline, by the cassette", async () => {
  register(replay(cassette));
  expect(await warmestDay()).toBe("2026-07-03");
});
