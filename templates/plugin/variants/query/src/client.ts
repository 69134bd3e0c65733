import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

export interface Request {
  readonly do: "login" | "query" | "execute" | "cancel";
  readonly [field: string]: unknown;
}

interface Waiting {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
}

/** An answer that is a refusal. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** Stands for the driver of your source: replace it by the vendor's package, or speak the protocol here. */
export class Client {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(hungUp()));
    let rest = "";
    socket.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) this.#receive(line);
    });
  }

  static async open(
    {
      host,
      port,
      password,
    }: { readonly host: string; readonly port: number; readonly password: string },
    signal: AbortSignal,
  ): Promise<Client> {
    const socket = connect({ host, port, signal });
    await once(socket, "connect");
    const client = new Client(socket);
    try {
      await client.send({ do: "login", password }, signal);
      return client;
    } catch (error) {
      await client.end();
      throw error;
    }
  }

  /** Resolves to the server's answer. An aborted signal stops the server's work on it, too. */
  send(request: Request, signal?: AbortSignal): Promise<Answer> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(hungUp());
      const abort = (): void => {
        this.#settle(id);
        this.#write({ id: ++this.#lastId, do: "cancel", request: id });
        reject(signal?.reason as Error);
      };
      const done = (): void => signal?.removeEventListener("abort", abort);
      this.#await(id, {
        resolve: (answer) => (done(), resolve(answer)),
        reject: (error) => (done(), reject(error)),
      });
      signal?.addEventListener("abort", abort, { once: true });
      this.#write({ id, ...request });
    });
  }

  async end(): Promise<void> {
    if (this.#socket.destroyed) return;
    this.#socket.destroy();
    await once(this.#socket, "close");
  }

  #write(message: object): void {
    this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  #receive(line: string): void {
    const { id, code, message, ...answer } = JSON.parse(line) as Answer & {
      id: number;
      code?: string;
      message: string;
    };
    const waiting = this.#settle(id);
    if (code === undefined) waiting?.resolve(answer);
    else waiting?.reject(new RefusedError(code, message));
  }

  #await(id: number, waiting: Waiting): void {
    this.#waiting.set(id, waiting);
    this.#socket.ref();
  }

  /** A connection that waits for nothing lets the process end. */
  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#socket.unref();
    return waiting;
  }

  #fail(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** conn takes the system's codes for what they mean: this one, that another connection is needed. */
function hungUp(): Error {
  return Object.assign(new Error("the server hung up"), { code: "ECONNRESET" });
}
