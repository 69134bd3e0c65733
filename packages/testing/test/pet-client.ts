import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** Where the server is, and what it lets in. */
export interface PetAddress {
  readonly host: string;
  readonly port: number;
  readonly token: string;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The vendor's client of the pet server. */
export class PetClient {
  readonly socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  #rest = "";

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("utf8").on("data", (text: string) => this.#receive(text));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () =>
      this.#fail(Object.assign(new Error("the server hung up"), { code: "ECONNRESET" })),
    );
  }

  static async open({ host, port, token }: PetAddress, signal: AbortSignal): Promise<PetClient> {
    const socket = connect({ host, port, signal });
    await once(socket, "connect");
    const client = new PetClient(socket);
    try {
      await client.ask({ do: "login", token }, signal);
    } catch (error) {
      socket.destroy();
      throw error;
    }
    return client;
  }

  ask(request: object, signal?: AbortSignal): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed)
        return reject(Object.assign(new Error("the socket is closed"), { code: "ECONNRESET" }));
      const abort = (): void => {
        this.#waiting.delete(id);
        this.socket.write(`${JSON.stringify({ id: this.#next++, do: "cancel", nap: id })}\n`);
        reject(signal!.reason as Error);
      };
      const done = (): void => signal?.removeEventListener("abort", abort);
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.set(id, {
        resolve: (value) => (done(), resolve(value)),
        reject: (error) => (done(), reject(error)),
      });
      this.socket.write(`${JSON.stringify({ id, ...request })}\n`);
    });
  }

  async end(): Promise<void> {
    if (this.socket.destroyed) return;
    this.socket.destroy();
    await once(this.socket, "close");
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop()!;
    for (const line of lines) {
      const { id, value, error } = JSON.parse(line) as {
        id: number;
        value?: unknown;
        error?: string;
      };
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(error));
    }
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
