import { once } from "node:events";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type HfServer, hfServer } from "@conn/emulators/hf";
import { onTestFinished } from "vitest";
import { HfConnection } from "../src/index.ts";

export const writer = "hf_writer_0123456789";
export const reader = "hf_reader_0123456789";

export const pets = "name,species\nrex,dog\ntom,cat\n";

/** A hub with a dataset of pets, which jerry may write. It stops when the test ends. */
export async function hub(options: { pageSize?: number } = {}): Promise<HfServer> {
  const server = await hfServer(options);
  onTestFinished(() => server[Symbol.asyncDispose]());
  server.account(writer, { name: "jerry", role: "write" });
  server.account(reader, { name: "barbara", role: "read" });
  server.add({
    type: "dataset",
    name: "jerry/pets",
    files: { "README.md": "# Pets", "data/pets.csv": pets, "data/big.bin": bytes(300_000) },
    lfs: ["data/big.bin"],
  });
  return server;
}

export async function configOf(settings: object): Promise<never> {
  const result = await HfConnection.config["~standard"].validate(settings);
  if (result.issues) throw new Error(result.issues.map(({ message }) => message).join("; "));
  return result.value as never;
}

/** A connection that is closed when the test ends. Without a token it has none, whatever the environment holds. */
export async function connect(
  server: HfServer,
  settings: { readonly token?: string; readonly [name: string]: unknown } = {},
): Promise<HfConnection> {
  const anonymous = settings.token === undefined;
  const config = await configOf({ endpoint: server.url, anonymous, ...settings });
  const conn = new HfConnection({ name: "pets", config });
  onTestFinished(() => conn.close());
  return conn;
}

/** A folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "conn-hf-test-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The error that a promise rejects with. */
export async function failure(
  promise: PromiseLike<unknown>,
): Promise<Error & { code: string; hint?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as Error & { code: string };
  }
  throw new Error("It was expected to fail.");
}

/** Bytes that repeat nowhere. */
export function bytes(length: number): Uint8Array<ArrayBuffer> {
  const made = new Uint8Array(length);
  let state = 7;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    made[at] = state >>> 16;
  }
  return made;
}

/** The address of a port where nobody listens. */
export async function nobody(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}
