import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { values } from "../src/index.ts";

export const token = "a-token-that-lets-you-in";

export interface PetServer extends AsyncDisposable {
  readonly port: number;
  /** Naps that go on now. */
  readonly naps: number;
  readonly sessions: number;
}

interface Request {
  readonly id: number;
  readonly do: "login" | "read" | "nap" | "cancel" | "write" | "count";
  readonly [key: string]: unknown;
}

const pets = ["fish", "cat", "puppy"].map((pet, index) => ({
  pet,
  name: `naïve ${pet} 🐟`,
  legs: index * 2,
}));

/** A source with sessions and a login, on TCP: a line of JSON asks, a line of JSON answers. */
export async function petServer(): Promise<PetServer> {
  const sessions = new Set<Socket>();
  const naps = new Map<string, NodeJS.Timeout>();
  const wake = (key: string): void => {
    clearTimeout(naps.get(key));
    naps.delete(key);
  };
  const server = createServer((socket) => {
    sessions.add(socket);
    const session = Math.random();
    socket.on("error", () => {});
    socket.on("close", () => {
      sessions.delete(socket);
      for (const key of naps.keys()) if (key.startsWith(`${session} `)) wake(key);
    });
    let rest = "";
    socket.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) handle(JSON.parse(line) as Request);
    });
    const handle = (request: Request): void => {
      const reply = (answer: object): void =>
        void socket.write(`${JSON.stringify({ id: request.id, ...answer })}\n`);
      const key = `${session} ${request.id}`;
      switch (request.do) {
        case "login":
          return reply(
            request["token"] === token
              ? { value: "welcome" }
              : { error: `login refused for ${String(request["token"])}` },
          );
        case "nap":
          naps.set(
            key,
            setTimeout(() => (wake(key), reply({ value: [] })), 15_000),
          );
          return;
        case "cancel":
          return wake(`${session} ${String(request["nap"])}`);
        case "write":
          return reply({ value: 1 });
        default: {
          const rows = answers[request["what"] as string];
          return reply(
            rows
              ? { value: rows.slice(0, (request["limit"] as number | undefined) ?? Infinity) }
              : { error: `there is no ${String(request["what"])}` },
          );
        }
      }
    };
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as { port: number }).port,
    get naps() {
      return naps.size;
    },
    get sessions() {
      return sessions.size;
    },
    async [Symbol.asyncDispose]() {
      for (const key of naps.keys()) wake(key);
      for (const socket of sessions) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const { bigint, bytes, timestamp, ...plain } = values;
const cells = {
  ...plain,
  bigint: String(bigint),
  bytes: Buffer.from(bytes).toString("base64"),
  timestamp: timestamp.toISOString(),
};

const answers: Readonly<Record<string, readonly object[]>> = {
  pets,
  nobody: [],
  ...Object.fromEntries(Object.entries(cells).map(([name, value]) => [name, [{ value }]])),
};
