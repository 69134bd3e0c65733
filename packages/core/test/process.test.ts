import { describe, expect, it } from "vitest";
import { run, start } from "./script.ts";
import { folder } from "./support.ts";

const prelude = `
  import { closeAll, closeOnSignals, configure, connection, register } from "@conn/core";
  import { PetConnection } from "./pet-connection.ts";
  import { createServer, connect } from "node:net";
  register(PetConnection);
`;

describe("a script", () => {
  it("ends by itself without close(), with its output whole", async () => {
    const outcome = await run(`${prelude}
      const conn = await connection("pet_db", { type: "pets" });
      console.log(JSON.stringify(await conn.read("fish")));
      console.log("x".repeat(100_000) + "end");
    `);
    expect(outcome).toMatchObject({ code: 0, stderr: "" });
    expect(outcome.stdout).toMatch(/^{"pet":"fish"}\nx+end\n$/);
  });

  it("ends while it watches a secrets file", async () => {
    const cwd = await folder({
      "package.json": "{}",
      ".conn/secrets.toml": '[connections.pet_db]\ntype = "pets"\n',
    });
    const outcome = await run(`${prelude}console.log((await connection("pet_db")).name);`, { cwd });
    expect(outcome).toMatchObject({ code: 0, stdout: "pet_db\n", stderr: "" });
  });

  it("shows an error with its hint when it fails at the top level", async () => {
    const outcome = await run(`${prelude}await connection("pet_db", { type: "sql" });`);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain(
      'No installed package provides the type "sql". Installed types: pets.',
    );
    expect(outcome.stderr).toContain("Run: npm install @conn/sql");
  });

  it("never meets an unhandled rejection, whatever fails and whoever gives up", async () => {
    const outcome = await run(`${prelude}
      configure({ retry: { base: 0.001, cap: 0.002 }, drainTimeout: 0.01 });
      const conn = await connection("pet_db", { type: PetConnection });
      let turn = 0;
      conn.beforeOpen = async () => { if (++turn % 3 === 0) throw new Error("no such host"); };
      conn.answer = (pet, signal) => new Promise((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        setTimeout(() => (++turn % 2 ? reject(new Error("gone")) : resolve(pet)), turn % 5);
      });
      const caught = (promise) => promise.catch(() => {});
      const calls = [];
      for (let call = 0; call < 200; call++) {
        const signal = call % 4 ? undefined : AbortSignal.timeout(call % 7);
        calls.push(caught(conn.read("pet" + (call % 10), { ttl: call % 2, stale: call % 3 === 0, signal })));
        if (call % 50 === 49) calls.push(caught(conn.reset()));
        if (call % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 2));
      }
      const outcomes = await Promise.allSettled(calls);
      await closeAll();
      console.log(outcomes.length, conn.opens - conn.releases >= 0);
    `);
    expect(outcome).toMatchObject({ code: 0, stdout: "204 true\n", stderr: "" });
  });

  it("that closes with no deadline waits as long as somebody can still let go of the client", async () => {
    const outcome = await run(`${prelude}
      configure({ drainTimeout: Infinity });
      const conn = await connection("pet_db", { type: PetConnection });
      const lease = await conn.hold();
      lease.signal.addEventListener("abort", () => console.log("aborted"));
      setTimeout(() => (console.log("let go"), lease.release()), 100);
      await conn.close();
      console.log("closed", conn.releases);
    `);
    expect(outcome).toMatchObject({ code: 0, stdout: "let go\naborted\nclosed 1\n", stderr: "" });
  });

  it("that closes with no deadline ends what nobody can let go of any more", async () => {
    const outcome = await run(`${prelude}
      configure({ drainTimeout: Infinity });
      const conns = await Promise.all(Array.from({ length: 12 }, (_, index) =>
        connection("pet_db", { type: PetConnection, scope: index })));
      for (const conn of conns) await conn.hold();
      const [first] = conns;
      (await first.hold()).signal.addEventListener("abort", () => console.log("aborted"));
      await closeAll();
      console.log("closed", conns.map((conn) => conn.releases).join(""));
    `);
    expect(outcome).toMatchObject({
      code: 0,
      stdout: "aborted\nclosed 111111111111\n",
      stderr: "",
    });
  });

  it("waits for the whole of a deadline that is longer than a timer can be", async () => {
    const outcome = await run(`${prelude}
      configure({ drainTimeout: "30d" });
      const conn = await connection("pet_db", { type: PetConnection });
      const lease = await conn.hold();
      lease.signal.addEventListener("abort", () => console.log("aborted"));
      setTimeout(() => (console.log("let go"), lease.release()), 100);
      await conn.close();
      const other = await connection("pet_db", { type: PetConnection, scope: 1 });
      console.log(JSON.stringify(await other.read("fish", { timeout: "30d" })));
    `);
    expect(outcome).toMatchObject({
      code: 0,
      stdout: 'let go\naborted\n{"pet":"fish"}\n',
      stderr: "",
    });
  });

  it("that is bundled needs no manifest on disk: a registered class is enough", async () => {
    const outcome = await run(
      `${prelude}console.log((await connection("elsewhere", { type: "pets" })).type);`,
    );
    expect(outcome).toMatchObject({ code: 0, stdout: "pets\n" });
  });
});

describe("a server that is asked to stop", () => {
  const server = `${prelude}
    closeOnSignals();
    const conn = await connection("pet_db", { type: PetConnection });
    conn.answer = () => new Promise((resolve) => setTimeout(() => resolve("fed"), 100));
    const running = conn.write("fish");
    running.then((result) => console.log(result));
    await conn.client();
    console.log("ready");
    setInterval(() => {}, 1000);
  `;

  it.each(["SIGTERM", "SIGINT"] as const)(
    "by %s lets running calls finish, and ends by that signal",
    async (signal) => {
      const script = await start(server);
      expect(await script.line()).toBe("ready");
      script.kill(signal);
      expect(await script.outcome).toMatchObject({ signal, stdout: "ready\nfed\n" });
    },
  );
});
