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

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Sends a signal to a process and to those that it started. */
export async function signalAll(pid: number, signal: NodeJS.Signals): Promise<void> {
  const pids = [pid];
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const status = await readFile(`/proc/${entry}/status`, "utf8").catch(() => "");
    if (/^PPid:\s+(\d+)$/m.exec(status)?.[1] === String(pid)) pids.push(Number(entry));
  }
  for (const each of pids) {
    try {
      process.kill(each, signal);
    } catch {
      // It has ended meanwhile.
    }
  }
}
