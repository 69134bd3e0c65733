import { once } from "node:events";
import { createServer } from "node:http";

export const token = "a-token-that-lets-you-in";

/** A small API on 127.0.0.1, so that the tests need no network. Make it answer as your source does. */
export async function startServer() {
  const unanswered = new Set<unknown>();
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown): void =>
      void response
        .writeHead(status, { "content-type": "application/json" })
        .end(JSON.stringify(body));
    if (request.headers.authorization !== `Bearer ${token}`) return answer(401, {});
    if (request.url === "/slow") {
      unanswered.add(response);
      response.once("close", () => unanswered.delete(response));
      return;
    }
    const body = answers[request.url ?? ""];
    answer(body ? 200 : 404, body ?? {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    /** Requests that wait for an answer now. */
    unanswered: () => unanswered.size,
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const answers: Readonly<Record<string, unknown>> = {
  "/status": { ok: true },
  "/pets": [
    { person: "jerry", pet: "fish" },
    { person: "barbara", pet: "cat" },
    { person: "alex", pet: "puppy" },
  ],
  "/pets?person=alex": [{ person: "alex", pet: "puppy" }],
};
