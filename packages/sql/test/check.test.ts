import { createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { engines, offersTls, urlOf } from "./servers/engines.ts";
import { freePort } from "./servers/server.ts";
import { connect, failure } from "./support.ts";

describe.each(engines)("check() of $name", (engine) => {
  const at = (change: Partial<URL>): string => Object.assign(new URL(urlOf(engine)), change).href;

  test("names the steps to a server, and times them", async () => {
    const { ok, stages } = await (await connect({ url: at({ hostname: "localhost" }) })).check();
    expect(ok).toBe(true);
    expect(stages.map(({ name }) => name)).toEqual(["dns", "tcp", "login", "ping"]);
    for (const { ms } of stages) expect(ms).toBeGreaterThan(0);
  });

  test("stops at a name that nobody knows", async () => {
    const { stages } = await (await connect({ url: at({ hostname: "pets.invalid" }) })).check();
    expect(stages).toMatchObject([{ name: "dns", ok: false, error: { code: "CONN_OPEN" } }]);
    expect(stages[0]?.error?.hint).toMatch(/host name is not known|name server/);
  });

  test("stops at a port where nobody listens, and says which", async () => {
    const port = await freePort();
    const { stages } = await (await connect({ url: at({ port: String(port) }) })).check();
    expect(stages).toMatchObject([{ name: "tcp", ok: false, error: { code: "CONN_OPEN" } }]);
    expect(stages[0]?.error?.message).toContain(`127.0.0.1:${port}`);
    expect(stages[0]?.error?.hint).toMatch(/Nothing listens there/);
  });

  test("waits once for a server that accepts and says nothing, and says what to look at", async () => {
    let accepted = 0;
    const server = createServer(() => accepted++);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const conn = await connect({ url: at({ port: String(port) }), connectTimeout: 0.2 });
    const { code, hint } = await failure(conn.query("select 1 as one"));
    expect({ code, hint, accepted }).toEqual({
      code: "CONN_OPEN",
      hint: expect.stringMatching(/firewall stands between; or raise `connectTimeout`/),
      accepted: 1,
    });
  });

  test("stops at a server that says nothing when it is asked for TLS", async () => {
    const server = createServer(() => {});
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const url = at({ port: String(port) });
    const conn = await connect({ url, ssl: true, connectTimeout: 0.2 });
    const { stages } = await conn.check();
    expect(stages).toMatchObject([
      { name: "tcp", ok: true },
      { name: "tls", ok: false, error: { code: "CONN_OPEN" } },
    ]);
    expect(stages[1]?.error?.message).toContain("no answer within 0.2 s");
  });

  test("a server that hangs up before the login was no connection that could be lost", async () => {
    const server = createServer((socket) => void socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    const conn = await connect({ url: at({ port: String(port) }) });
    expect(await failure(conn.query("select 1 as one"))).toMatchObject({
      code: "CONN_OPEN",
      hint: expect.stringContaining("hung up") as string,
    });
  });

  test.skipIf(offersTls(engine))(
    "stops at a server without TLS where it is asked for",
    async () => {
      const { stages } = await (await connect({ url: urlOf(engine), ssl: true })).check();
      expect(stages.at(-1)).toMatchObject({
        name: "tls",
        error: { code: "CONN_OPEN", hint: expect.stringContaining("ssl = false") as string },
      });
    },
  );

  test("stops at a database that does not exist", async () => {
    const { stages } = await (await connect({ url: at({ pathname: "/no_such_pets" }) })).check();
    expect(stages.at(-1)).toMatchObject({ name: "login", error: { code: "CONN_OPEN" } });
    expect(stages.at(-1)?.error?.message).toContain("no_such_pets");
  });
});
