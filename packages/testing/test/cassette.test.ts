import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connection, registerSecret, Table } from "@conn/core";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { decodeValue, type Encoded, encodeValue } from "../src/cassette-values.ts";
import { record, replay } from "../src/index.ts";
import { petServer, token } from "./pet-server.ts";
import { PetsConnection } from "./pets.ts";

const seed = Number(process.env["CONN_SEED"] ?? Math.trunc(Math.random() * 2 ** 31));
let scopes = 0;

async function file(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "conn-cassette-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, "pets.json");
}

async function pets(): Promise<PetsConnection> {
  const server = await petServer();
  onTestFinished(() => server[Symbol.asyncDispose]());
  const conn = await connection("pet_db", {
    type: PetsConnection,
    config: { host: "127.0.0.1", port: server.port, token },
    scope: ++scopes,
  });
  onTestFinished(() => conn.close());
  return conn;
}

async function played(path: string): Promise<PetsConnection> {
  const conn = await connection("pet_db", { type: replay<PetsConnection>(path), scope: ++scopes });
  onTestFinished(() => conn.close());
  return conn;
}

describe("a cassette", () => {
  it("answers recorded calls without a source, with the same types", async () => {
    const path = await file();
    const source = record(await pets(), path);
    const names = ["pets", "nobody", "bigint", "bytes", "timestamp", "decimal", "null"];
    const recorded = [];
    for (const name of names) recorded.push(await source.read(name));
    const offline = await played(path);
    for (const [index, name] of names.entries()) {
      const table = await offline.read(name, { ttl: 0, signal: AbortSignal.timeout(10_000) });
      expect(table).toBeInstanceOf(Table);
      expect(table.columns).toEqual(recorded[index]!.columns);
      expect(table.rows()).toEqual(recorded[index]!.rows());
    }
  });

  it("plays errors and streams as they were", async () => {
    const path = await file();
    const source = record(await pets(), path);
    const error = (await source.read("dragons").catch((error: unknown) => error)) as Error;
    const parts = [];
    for await (const part of source.stream("pets")) parts.push(part.rows());
    const offline = await played(path);
    await expect(offline.read("dragons")).rejects.toMatchObject({
      code: "CONN_QUERY",
      message: error.message,
      operation: "read",
    });
    const again = [];
    for await (const part of offline.stream("pets")) again.push(part.rows());
    expect(again).toEqual(parts);
  });

  it("plays repeated calls in their order, then the last again", async () => {
    const path = await file();
    const call = (value: number): object => ({
      method: "read",
      args: ["pets"],
      outcome: { value },
    });
    await writeFile(path, JSON.stringify({ cassette: 1, type: "pets", calls: [call(1), call(2)] }));
    const offline = await played(path);
    expect([
      await offline.read("pets"),
      await offline.read("pets"),
      await offline.read("pets"),
    ]).toEqual([1, 2, 2]);
  });

  it("tells what was not recorded, and refuses use after close()", async () => {
    const path = await file();
    await record(await pets(), path).read("pets");
    const offline = await played(path);
    await expect(offline.read("cats")).rejects.toMatchObject({
      code: "CONN_CASSETTE",
      hint: expect.stringContaining("record("),
    });
    await offline.close();
    await expect(offline.read("pets")).rejects.toMatchObject({ code: "CONN_CLOSED" });
  });

  it("holds no secret", async () => {
    const path = await file();
    registerSecret("a-guarded-name");
    const source = record(await pets(), path);
    await source.read("a-guarded-name").catch(() => {});
    await source.read("pets");
    const text = await readFile(path, "utf8");
    expect(text).not.toContain("a-guarded-name");
    expect(text).not.toContain(token);
    expect(text).toContain("[redacted]");
  });

  it("refuses what it cannot hold, and files that are no cassettes", async () => {
    const path = await file();
    const source = record(await pets(), path);
    await expect(
      source.read("pets", { limit: new (class Limit {})() as never }),
    ).rejects.toMatchObject({ code: "CONN_ARGUMENT" });
    await writeFile(path, "{}");
    expect(() => replay(path)).toThrow(expect.objectContaining({ code: "CONN_ARGUMENT" }) as Error);
  });

  it("keeps every value and its type", () => {
    const value = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: false,
      withNullPrototype: false,
    });
    fc.assert(
      fc.property(value, (given) => {
        const text = JSON.stringify(encodeValue(given));
        expect(decodeValue(JSON.parse(text) as Encoded)).toEqual(given);
      }),
      { seed },
    );
  });
});
