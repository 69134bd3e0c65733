import { conform, values } from "@conn/testing";
import { hfServer } from "@conn/emulators/hf";
import { afterAll, describe, test } from "vitest";
import { HfConnection } from "../src/index.ts";
import { bytes, writer } from "./support.ts";

describe("hf", async () => {
  const server = await hfServer();
  server.account(writer, { name: "jerry", role: "write" });
  server.add({
    type: "dataset",
    name: "jerry/pets",
    files: {
      "pets.txt": "zoë 🐟",
      "owners.json": '["jerry"]',
      "pets.csv": `value\n${"fish\n".repeat(300_000)}`,
      "empty.csv": "value\n",
      "bigint.csv": `value\n${values.bigint}\n`,
      "date.csv": `value\n${values.date}\n`,
      "null.jsonl": '{"value":null}\n',
      "boolean.jsonl": '{"value":true}\n{"value":false}\n',
      "text.json": JSON.stringify([{ value: values.text }]),
      "slow.bin": bytes(10),
    },
  });
  server.play(
    Array.from({ length: 1000 }, () => "stall" as const),
    /slow\.bin/,
  );
  afterAll(() => server[Symbol.asyncDispose]());
  const settings = { token: writer, root: "datasets/jerry/pets" };

  conform<HfConnection>(
    {
      type: HfConnection,
      config: { ...settings, endpoint: server.url },
      package: import.meta.url,
      sample: (conn, options) => conn.readText("pets.txt", options),
      variants: [
        (conn, options) => conn.readText("owners.json", options),
        (conn, options) => conn.readText("pets.txt", { ...options, encoding: "latin1" }),
        (conn, options) => conn.readBytes("pets.txt", options),
        (conn, options) => conn.readJson("owners.json", options),
      ],
      fails: (conn, options) => conn.readText("dragons.txt", options),
      writes: (conn) => conn.write("written.txt", "fish"),
      streams: (conn, options) => conn.stream("pets.csv", { ...options, batchSize: 10_000 }),
      slow: {
        call: (conn, options) => conn.readText("slow.bin", { timeout: "1h", ...options }),
        running: () => server.waiting,
      },
      network: {
        port: Number(new URL(server.url).port),
        config: ({ host, port }) => ({ ...settings, endpoint: `http://${host}:${port}` }),
      },
      values: {
        empty: (conn) => conn.read("empty.csv"),
        null: (conn) => conn.read("null.jsonl"),
        boolean: (conn) => conn.read("boolean.jsonl", { limit: 1 }),
        bigint: (conn) => conn.read("bigint.csv"),
        date: (conn) => conn.read("date.csv"),
        text: (conn) => conn.read("text.json"),
      },
    },
    { test },
  );
});
