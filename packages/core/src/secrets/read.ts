import { constants, type BigIntStats } from "node:fs";
import { open, stat } from "node:fs/promises";
import { ConnError } from "../errors.ts";

/** A file's text and what can be said of it without showing it. */
export interface SecretFile {
  readonly text: string;
  /** Changes with the file. */
  readonly signature: string;
  /** False while the clock is too coarse to tell the next change from this one. */
  readonly settled: boolean;
  readonly readableByOthers: boolean;
}

/** A secrets file is hardly ever larger than a few kilobytes. */
export const sizeLimit = 1_000_000;

/** A text that changes whenever the file does; `undefined` where there is none. */
export async function signatureOf(path: string): Promise<string | undefined> {
  const stats = await statOf(path);
  return stats && signature(stats);
}

/**
 * Reads a file that holds secrets. `undefined` where there is none.
 *
 * @throws CONN_SECRETS_READ unless it is a plain file of UTF-8 text, one megabyte at most;
 * CONN_SECRETS_UNSAFE where other users own it or can write it.
 */
export async function readSecretFile(path: string): Promise<SecretFile | undefined> {
  const before = await statOf(path);
  if (!before) return undefined;
  // Before opening: to open a pipe may wait for ever, to open a device may do something.
  assertPlain(path, before);
  // The file may have been exchanged since; without blocking, even a pipe opens at once.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(
    (error: unknown) => {
      if (isMissing(error)) return undefined;
      throw unreadable(path, error);
    },
  );
  if (!file) return undefined;
  try {
    const stats = await file.stat({ bigint: true });
    assertPlain(path, stats);
    assertSafe(path, stats);
    const bytes = Buffer.alloc(Number(stats.size) + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      ({ bytesRead: read } = await file.read(bytes, length, bytes.length - length));
    }
    return {
      text: decode(path, bytes.subarray(0, length)),
      signature: signature(stats),
      settled: Date.now() - Number(stats.mtimeMs) > 100,
      readableByOthers: hasModes && (stats.mode & 0o044n) !== 0n,
    };
  } catch (error) {
    throw error instanceof ConnError ? error : unreadable(path, error);
  } finally {
    await file.close();
  }
}

// On Windows, modes and owners say nothing.
const hasModes = process.platform !== "win32";

async function statOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw unreadable(path, error);
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ENOTDIR";
}

function unreadable(path: string, error: unknown): ConnError {
  const code = (error as NodeJS.ErrnoException).code;
  const [what, hint] =
    code === "ELOOP"
      ? ["is a symbolic link that leads back to itself", `Look where it leads: ls -l ${path}`]
      : code === "EACCES" || code === "EPERM"
        ? ["cannot be read: permission denied", `Make yourself its owner, then: chmod 600 ${path}`]
        : [`cannot be read (${code ?? "unknown error"})`, `Look at it: ls -l ${path}`];
  return new ConnError("CONN_SECRETS_READ", `${path} ${what}.`, { hint });
}

function assertPlain(path: string, stats: BigIntStats): void {
  if (!stats.isFile()) {
    const kind = stats.isDirectory()
      ? "a directory"
      : stats.isFIFO()
        ? "a pipe"
        : stats.isSocket()
          ? "a socket"
          : "a device";
    throw new ConnError("CONN_SECRETS_READ", `${path} is ${kind}, where a file is expected.`, {
      hint: "Put a plain text file there.",
    });
  }
  if (stats.size > sizeLimit) {
    throw new ConnError(
      "CONN_SECRETS_READ",
      `${path} has ${stats.size} bytes; ${sizeLimit} is the limit.`,
      {
        hint: "Keep only connections and their secrets in it.",
      },
    );
  }
}

function assertSafe(path: string, stats: BigIntStats): void {
  if (!hasModes) return;
  const user = process.geteuid?.();
  if (user !== undefined && stats.uid !== 0n && stats.uid !== BigInt(user)) {
    throw new ConnError("CONN_SECRETS_UNSAFE", `${path} belongs to another user (${stats.uid}).`, {
      hint: `If you trust its content, make yourself its owner: chown ${user} ${path}`,
    });
  }
  if ((stats.mode & 0o022n) !== 0n) {
    throw new ConnError("CONN_SECRETS_UNSAFE", `Other users can write to ${path}.`, {
      hint: `Close it to them: chmod 600 ${path}`,
    });
  }
}

function decode(path: string, bytes: Uint8Array): string {
  const [first, second] = bytes;
  const wide =
    (first === 0xff && second === 0xfe) ||
    (first === 0xfe && second === 0xff) ||
    bytes.subarray(0, 4).includes(0);
  try {
    if (!wide) return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    // The decoder's own words say nothing about the file.
  }
  throw new ConnError(
    "CONN_SECRETS_READ",
    `${path} is not UTF-8 text${wide ? ", but UTF-16 or binary" : ""}.`,
    {
      hint: "Save it as UTF-8 in your editor.",
    },
  );
}

function signature({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join(":");
}
