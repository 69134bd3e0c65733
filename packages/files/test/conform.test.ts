import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { conform, values } from "@conn/testing";
import { afterAll, beforeAll, describe, test } from "vitest";
import { FilesConnection } from "../src/index.ts";
import { type FaultyServer, faultyServer } from "./faulty-server.ts";
import { type RunningStore, running } from "./stores/facts.ts";
import { azure } from "./stores/azure.ts";
import { gcs } from "./stores/gcs.ts";
import { s3 } from "./stores/s3.ts";

describe("files of this machine", async () => {
  const folder = await mkdtemp(join(tmpdir(), "conn-files-conform-"));
  await writeFile(join(folder, "pets.txt"), "zoë 🐟");
  await writeFile(join(folder, "owners.json"), '["jerry"]');
  await writeFile(join(folder, "pets.csv"), `value\n${"fish\n".repeat(300_000)}`);
  await writeFile(join(folder, "empty.csv"), "value\n");
  await writeFile(join(folder, "bigint.csv"), `value\n${values.bigint}\n`);
  await writeFile(join(folder, "date.csv"), `value\n${values.date}\n`);
  await writeFile(join(folder, "null.jsonl"), '{"value":null}\n');
  await writeFile(join(folder, "boolean.jsonl"), '{"value":true}\n{"value":false}\n');
  await writeFile(join(folder, "text.json"), JSON.stringify([{ value: values.text }]));
  afterAll(() => rm(folder, { recursive: true }));

  conform<FilesConnection>(
    {
      type: FilesConnection,
      config: { root: folder },
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

describe.each(running(s3, gcs, azure))("files on $title", async (facts) => {
  const store: RunningStore = await facts.start();
  const server: FaultyServer = await faultyServer(store.endpoint!);
  const place = (await store.place()) as { readonly endpoint: string };
  const through = (origin: string): object => ({
    ...place,
    endpoint: place.endpoint.replace(store.endpoint!, origin),
  });
  const setUp = new FilesConnection({
    name: "s3",
    config: (await validated(place)) as never,
  });
  beforeAll(async () => {
    await setUp.write("pets.txt", "zoë 🐟");
    await setUp.write("slow.txt", "never");
    server.play(
      Array.from({ length: 100 }, () => "silent"),
      ({ path }) => path.includes("slow.txt"),
    );
  });
  afterAll(async () => {
    await setUp.close();
    await server[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });

  conform<FilesConnection>(
    {
      type: FilesConnection,
      config: through(server.url),
      package: import.meta.url,
      gaps: facts.gaps ?? {},
      sample: (conn, options) => conn.readText("pets.txt", options),
      fails: (conn, options) => conn.readText("dragons.txt", options),
      writes: (conn) => conn.write("written.txt", "fish"),
      slow: {
        call: (conn, options) => conn.readText("slow.txt", { timeout: "1h", ...options }),
        running: () => server.waiting,
      },
      network: {
        port: Number(new URL(store.endpoint!).port),
        config: ({ host, port }) => through(`http://${host}:${port}`),
      },
    },
    { test },
  );
});

async function validated(settings: object): Promise<unknown> {
  const result = await FilesConnection.config["~standard"].validate(settings);
  return "value" in result ? result.value : undefined;
}
