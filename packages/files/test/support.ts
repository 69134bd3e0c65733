import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { FilesConnection } from "../src/index.ts";

export async function configOf(settings: object): Promise<never> {
  const result = await FilesConnection.config["~standard"].validate(settings);
  if (result.issues) throw new Error(result.issues.map(({ message }) => message).join("; "));
  return result.value as never;
}

/** A connection that is closed when the test ends. */
export async function connect(settings: object = {}, name = "pets"): Promise<FilesConnection> {
  const conn = new FilesConnection({ name, config: await configOf(settings) });
  onTestFinished(() => conn.close());
  return conn;
}

/** A folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "conn-files-")));
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

export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Bytes that compress to nothing else and repeat nowhere. */
export function manyBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

export async function drained(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
