import { Table } from "@conn/core";
import { writeTable } from "@conn/formats";
import { expect, it } from "vitest";
import type { SearchOptions } from "../src/index.ts";
import { connect, failure, hub } from "./support.ts";

async function parquet(rows: object[], rowGroupSize = 10_000): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const written = writeTable(Table.fromRows(rows as never), { format: "parquet", rowGroupSize });
  for await (const chunk of written) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const owners = [
  { person: "jerry", pet: "fish" },
  { person: "barbara", pet: "cat" },
  { person: "alex", pet: "puppy" },
];

it("reads the first hundred rows of a large dataset by a few requests and few of its bytes", async () => {
  const server = await hub();
  const rows = Array.from({ length: 400_000 }, (_, id) => ({ id, name: `pet ${id * 7919}` }));
  const file = await parquet(rows);
  const files = { "default/train/0000.parquet": file, "default/train/0001.parquet": file };
  const lfs = Object.keys(files);
  server.add({ type: "dataset", name: "jerry/pets", revision: "refs/convert/parquet", files, lfs });
  const conn = await connect(server);
  const table = await conn.readDataset("jerry/pets", { limit: 100 });
  expect(table.length).toBe(100);
  expect(table.at(99)).toEqual({ id: 99, name: `pet ${99 * 7919}` });
  // The tree, where the first file is, and of that file its end and one row group.
  expect(server.requests).toHaveLength(2);
  expect(server.cdn.requests.length).toBeLessThanOrEqual(4);
  expect(server.bytesSent).toBeLessThan(file.length * 0.25);
  const asked = server.requests.length;
  await conn.readDataset("jerry/pets", { limit: 100 });
  expect(server.requests).toHaveLength(asked);
});

it("chooses the configuration and the split, and says which there are", async () => {
  const server = await hub();
  const file = await parquet(owners);
  const paths = ["cats/train", "cats/test", "dogs/partial-train"];
  const files = Object.fromEntries(paths.map((path) => [`${path}/0000.parquet`, file]));
  server.add({ type: "dataset", name: "jerry/pets", revision: "refs/convert/parquet", files });
  const conn = await connect(server);
  expect((await conn.readDataset("jerry/pets", { config: "cats", split: "test" })).length).toBe(3);
  const dogs = await conn.readDataset("hf://datasets/jerry/pets", {
    config: "dogs",
    columns: ["person"],
    where: { pet: "cat" },
  });
  expect(dogs.rows()).toEqual([{ person: "barbara" }]);
  const several = await failure(conn.readDataset("jerry/pets"));
  expect(several).toMatchObject({
    code: "CONN_ARGUMENT",
    hint: expect.stringContaining('"cats", "dogs"') as string,
  });
  const near = await failure(conn.readDataset("jerry/pets", { config: "cats", split: "tset" }));
  expect(near).toMatchObject({
    code: "CONN_ARGUMENT",
    hint: expect.stringContaining('Did you mean "test"') as string,
  });
});

it("reads a dataset's own files where the hub has no copy, or at a revision", async () => {
  const server = await hub();
  const csv = "person,pet\njerry,fish\n";
  server.add({
    type: "dataset",
    name: "alex/own",
    files: { "train.csv": csv, "test.csv": csv, "a.md": "" },
  });
  server.add({
    type: "dataset",
    name: "alex/own",
    revision: "v1",
    files: { "x-train.csv": csv + csv.slice(11) },
  });
  const conn = await connect(server);
  expect((await conn.readDataset("alex/own", { split: "test" })).rows()).toEqual([owners[0]]);
  expect((await conn.readDataset("alex/own", { revision: "v1" })).length).toBe(2);
  const card = {
    configs: [{ config_name: "all", data_files: [{ split: "everything", path: "sets/*.csv" }] }],
  };
  const files = { "sets/1.csv": csv, "sets/2.csv": csv, "other.csv": csv };
  server.add({ type: "dataset", name: "alex/card", files, card });
  expect((await conn.readDataset("alex/card")).length).toBe(2);
  server.add({ type: "dataset", name: "alex/none", files: { "a.md": "" } });
  expect((await failure(conn.readDataset("alex/none"))).code).toBe("CONN_NOT_FOUND");
});

it("tells what the hub knows about models, datasets and spaces, and finds them", async () => {
  const server = await hub();
  server.add({ type: "model", name: "jerry/bot", files: { "config.json": "{}" } });
  server.add({ type: "space", name: "barbara/show", files: { "app.py": "" } });
  const conn = await connect(server);
  expect(await conn.modelInfo("jerry/bot")).toMatchObject({
    name: "jerry/bot",
    author: "jerry",
    createdAt: new Date("2026-01-01"),
    sha: expect.stringMatching(/^[0-9a-f]{40}$/) as string,
  });
  expect(await conn.datasetInfo("jerry/pets")).toMatchObject({ name: "jerry/pets", gated: false });
  expect(await conn.spaceInfo("barbara/show")).toMatchObject({ name: "barbara/show" });
  const found = await conn.search({ kind: "dataset", query: "pet", author: "jerry", limit: 5 });
  expect(found.map(({ name }) => name)).toEqual(["jerry/pets"]);
  const asked = server.requests.length;
  await conn.search({ kind: "dataset", query: "pet", author: "jerry", limit: 5 });
  await conn.modelInfo("jerry/bot");
  expect(server.requests).toHaveLength(asked);
  expect(await conn.search({ kind: "model" })).toHaveLength(1);
  for (const wrong of [{ kind: "model", limit: 0 }, { query: "pet" }, { kind: "datasets" }])
    expect((await failure(conn.search(wrong as SearchOptions))).code).toBe("CONN_ARGUMENT");
  expect((await failure(conn.modelInfo("jerry/nothing"))).code).toBe("CONN_NOT_FOUND");
});
