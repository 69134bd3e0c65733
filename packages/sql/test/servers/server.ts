import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";

/** A database server that a test run has to itself. */
export interface TestServer {
  readonly url: string;
  readonly port: number;
  /** The folder or file of its unix socket. */
  readonly socket: string;
  /** Starts it again on its data after `kill`. */
  start(): Promise<void>;
  kill(): Promise<void>;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  stop(): Promise<void>;
}

/** Asks until the answer comes, for ten seconds. */
export async function untilReady(ask: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await ask();
      return;
    } catch (error) {
      if (attempt > 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Ends a process, and waits until it has. */
export async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Stops a process and those that it started, and waits until they stand still. */
export async function freezeAll(pid: number): Promise<void> {
  const pids = await familyOf(pid);
  signalAll(pids, "SIGSTOP");
  for (const each of pids)
    while (/^State:\s+[^TZ]/m.test(await statusOf(each)))
      await new Promise((resolve) => setTimeout(resolve, 5));
}

export async function thawAll(pid: number): Promise<void> {
  signalAll(await familyOf(pid), "SIGCONT");
}

async function familyOf(pid: number): Promise<number[]> {
  const pids = [pid];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const [, parent] = /^PPid:\s+(\d+)$/m.exec(await statusOf(Number(entry))) ?? [];
    if (parent === String(pid)) pids.push(Number(entry));
  }
  return pids;
}

/** Nothing of a process that has ended. */
function statusOf(pid: number): Promise<string> {
  return readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Waits until something is so, for ten seconds. */
export function until(condition: () => boolean): Promise<void> {
  return untilReady(async () => {
    if (!condition()) throw new Error(`It did not come true: ${String(condition)}`);
  });
}
