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
  /** SIGSTOP and SIGCONT freeze it and let it go on. */
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
