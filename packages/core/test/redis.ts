import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { folder } from "./support.ts";

/** A Redis of the test's own, on a free port of loopback. A machine without redis-server fails the test. */
export class RedisServer {
  readonly port: number;
  readonly #home: string;
  #process: ChildProcess | undefined;

  private constructor(port: number, home: string) {
    this.port = port;
    this.#home = home;
  }

  static async start(): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), await folder());
    await server.start();
    onTestFinished(() => server.stop());
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const child = spawn("redis-server", [
      "--port",
      String(this.port),
      "--bind",
      "127.0.0.1",
      "--save",
      "",
      "--dir",
      this.#home,
    ]);
    this.#process = child;
    await new Promise<void>((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (code) => reject(new Error(`redis-server ended with ${code}`)));
      child.stdout.on(
        "data",
        (text: Buffer) => text.includes("Ready to accept connections") && resolve(),
      );
    });
  }

  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process?.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
