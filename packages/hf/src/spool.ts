import { mkdtemp, open, rm } from "node:fs/promises";
import { openAsBlob } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Body } from "@conn/files/base";

/** What a commit takes: content whose size is known, and which can be read twice. */
export interface Spooled {
  readonly content: Blob;
  remove(): Promise<void>;
}

/** A body as a Blob. A stream goes through a file of its own, which is removed afterwards: its hash is needed before it is sent. */
export async function contentOf(body: Body, signal: AbortSignal): Promise<Spooled> {
  if (body instanceof Uint8Array)
    return {
      content: new Blob([body]),
      remove: () => Promise.resolve(),
    };
  const folder = await mkdtemp(join(tmpdir(), "conn-hf-"));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, "content");
    const file = await open(path, "wx", 0o600);
    try {
      for await (const chunk of body) {
        signal.throwIfAborted();
        await file.appendFile(chunk);
      }
    } finally {
      await file.close();
    }
    return { content: await openAsBlob(path), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
