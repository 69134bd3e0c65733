import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";

export const password = "a-password-that-lets-you-in";

interface Message {
  readonly id: number;
  readonly do: string;
  readonly password?: string;
  readonly statement?: string;
  readonly params?: readonly unknown[];
  readonly request?: number;
}

/** A small database on 127.0.0.1, so that the tests need no network. Make it answer as your source does. */
export async function startServer() {
  const sleepers = new Map<Socket, Set<number>>();
  const server = createServer((socket) => {
    const sleeping = new Set<number>();
    sleepers.set(socket, sleeping);
    socket.on("error", () => {});
    socket.on("close", () => sleepers.delete(socket));
    createInterface({ input: socket })
      .on("error", () => {})
      .on("line", (line) => {
        const message = JSON.parse(line) as Message;
        if (message.do === "cancel") sleeping.delete(message.request ?? 0);
        else if (message.statement === "sleep") sleeping.add(message.id);
        else socket.write(`${JSON.stringify({ id: message.id, ...answer(message) })}\n`);
      });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as { port: number }).port,
    /** Statements that the server works on now. */
    running: () => [...sleepers.values()].reduce((sum, { size }) => sum + size, 0),
    async close(): Promise<void> {
      for (const socket of sleepers.keys()) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const columns = ["person", "pet"];
const pets = [
  ["jerry", "fish"],
  ["barbara", "cat"],
  ["alex", "puppy"],
];

function answer({ do: what, password: given, statement, params = [] }: Message): object {
  if (what === "login")
    return given === password
      ? { columns: [], rows: [] }
      : { code: "login", message: "The password is wrong." };
  switch (statement) {
    case "find nothing":
      return { columns, rows: [] };
    case "find pets":
      return { columns, rows: pets };
    case "find pets where person = ?":
      return { columns, rows: pets.filter(([person]) => person === params[0]) };
    case "add pet ?":
      return what === "execute"
        ? { columns, rows: [["new", params[0]]] }
        : { code: "read-only", message: "This statement writes." };
    default:
      return { code: "syntax", message: `There is no ${statement}.` };
  }
}
