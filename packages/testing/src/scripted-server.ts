import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { ConnError } from "@conn/core";

/**
 * What the server does with one request:
 * - `"ok"`: answers with status 200 as `answer` says;
 * - `"503"`, or any status; `"429 2"` adds `Retry-After: 2`, `"302 http://…"` adds a location;
 * - `"reset"`: cuts the connection off; `"drop"`: ends it without an answer;
 * - `"silent"`: never answers; `"truncated"`: announces more than it sends;
 * - a function: does what it likes.
 */
export type Step =
  | string
  | ((request: IncomingMessage, response: ServerResponse) => void | Promise<void>);

/** A request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface ScriptedServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40001`. */
  readonly url: string;
  readonly port: number;
  /** All requests so far, in their order. */
  readonly requests: readonly SeenRequest[];
  /** Requests that are being answered, or kept waiting, now. */
  readonly waiting: number;
  /** Appends steps to the script. After its end every step is `"ok"`. */
  play(...steps: Step[]): void;
}

export interface ScriptedServerOptions {
  /** The JSON of an `"ok"` answer, or a function of the request that gives it. Default: `[]`. */
  readonly answer?: unknown;
}

/** An HTTP server on 127.0.0.1 that plays a script of faults, one step for each request. */
export async function scriptedServer(
  script: readonly Step[] = [],
  { answer = [] }: ScriptedServerOptions = {},
): Promise<ScriptedServer> {
  const steps = script.map(checked);
  const requests: SeenRequest[] = [];
  let waiting = 0;
  const ok = (request: SeenRequest, response: ServerResponse): void => {
    const value: unknown =
      typeof answer === "function"
        ? (answer as (request: SeenRequest) => unknown)(request)
        : answer;
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const step = steps.shift() ?? "ok";
    if (typeof step === "function") return step(request, response);
    const { method = "GET", url: path = "/", headers } = request;
    const seen = { method, path, headers, body: await text(request) };
    requests.push(seen);
    if (step === "ok") ok(seen, response);
    else play(step, response);
  };
  const server = createServer((request, response) => {
    waiting++;
    response.once("close", () => waiting--);
    handle(request, response).catch((error: Error) => response.destroy(error));
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
    play: (...more) => void steps.push(...more.map(checked)),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function play(step: string, response: ServerResponse): void {
  const { socket } = response;
  switch (step) {
    case "reset":
      socket?.resetAndDestroy();
      return;
    case "drop":
      socket?.end();
      return;
    case "silent":
      return;
    case "truncated":
      response
        .writeHead(200, { "content-type": "application/json", "content-length": 1000 })
        .write("[");
      setImmediate(() => socket?.end());
      return;
    default: {
      const [status, detail] = step.split(" ");
      const header =
        detail === undefined
          ? {}
          : Number(status) < 400
            ? { location: detail }
            : { "retry-after": detail };
      response.writeHead(Number(status), header).end();
    }
  }
}

const known = /^(?:ok|reset|drop|silent|truncated|[1-5]\d\d(?: \S+)?)$/;

function checked(step: Step): Step {
  if (typeof step === "function" || known.test(step)) return step;
  throw new ConnError("CONN_ARGUMENT", `${JSON.stringify(step)} is no step of a scripted server.`, {
    hint: 'Use "ok", "reset", "drop", "silent", "truncated", a status such as "503" or "429 2", or a function.',
  });
}
