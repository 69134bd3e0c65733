import { once } from "node:events";
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";

/**
 * What happens to one request: a status, with a `Retry-After` or a location behind it (`"429 2"`,
 * `"302 http://…"`); `"reset"`; `"silent"`; `"truncated"` and `"stalled"` after half of the body; `"slow"`, which
 * waits there for longer than a fast line would; or a function, which may hand the request on.
 */
export type Fault =
  | string
  | ((forward: () => void, response: ServerResponse) => void | Promise<void>);

export interface FaultyServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** Requests so far. */
  readonly requests: Seen[];
  /** Requests that wait for an answer now. */
  readonly waiting: number;
  /** The faults of the next requests, in their order; of those alone that `match` picks. */
  play(faults: readonly Fault[], match?: (request: Omit<Seen, "status">) => boolean): void;
  /** Plays no more faults than those to come. */
  forget(): void;
}

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** That of the answer, once it has begun. */
  status?: number;
}

/** A server that hands requests on to another one, and plays faults. */
export async function faultyServer(target: string): Promise<FaultyServer> {
  const scripts: { faults: Fault[]; match: (request: Omit<Seen, "status">) => boolean }[] = [];
  const requests: FaultyServer["requests"] = [];
  let waiting = 0;
  const server = createServer((incoming, response) => {
    const { method = "GET", url: path = "/", headers } = incoming;
    const seen: Seen = { method, path, headers };
    requests.push(seen);
    waiting++;
    response.once("close", () => {
      waiting--;
      if (response.headersSent) seen.status = response.statusCode;
    });
    response.on("error", () => {});
    const script = scripts.find(({ faults, match }) => faults.length > 0 && match(seen));
    const fault = script?.faults.shift();
    if (fault === undefined) return forward(target, incoming, response);
    if (typeof fault === "function")
      return void fault(() => forward(target, incoming, response), response);
    incoming.resume();
    play(fault, target, incoming, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    get waiting() {
      return waiting;
    },
    play: (faults, match = () => true) => void scripts.push({ faults: [...faults], match }),
    forget: () => void scripts.splice(0),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function play(
  fault: string,
  target: string,
  incoming: IncomingMessage,
  response: ServerResponse,
): void {
  switch (fault) {
    case "ok":
      return forward(target, incoming, response);
    case "reset":
      return void response.socket?.resetAndDestroy();
    case "silent":
      return;
    case "truncated":
    case "stalled":
    case "slow":
      return forward(target, incoming, response, fault);
    default: {
      const [status, detail] = fault.split(" ");
      const name = Number(status) < 400 ? "location" : "retry-after";
      response.writeHead(Number(status), detail === undefined ? {} : { [name]: detail }).end();
    }
  }
}

function forward(
  target: string,
  incoming: IncomingMessage,
  response: ServerResponse,
  cut?: "truncated" | "stalled" | "slow",
): void {
  const { method, url, headers } = incoming;
  const outgoing = request(new URL(url!, target), { method: method!, headers }, (answer) => {
    response.writeHead(answer.statusCode!, answer.headers);
    if (cut === undefined) return void answer.pipe(response);
    const half = Math.floor(Number(answer.headers["content-length"]) / 2);
    answer.once("data", (chunk: Buffer) => {
      if (cut === "slow") {
        response.write(chunk);
        answer.pause();
        return void setTimeout(() => answer.pipe(response), 100);
      }
      answer.destroy();
      response.write(chunk.subarray(0, half), () => {
        if (cut === "truncated") response.socket?.end();
      });
    });
  });
  outgoing.on("error", () => response.destroy());
  incoming.pipe(outgoing);
}
