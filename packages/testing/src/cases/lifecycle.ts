import { getEventListeners } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { can, configure } from "@conn/core";
import { type Case, group } from "../case.ts";
import { connErrorOf, demand, eventually, settled } from "../demand.ts";
import { withFailingOpens } from "../observed.ts";

const make = group("lifecycle");

export const lifecycleCases: readonly Case[] = [
  make("lazy", "opens nothing before its first use", [], async ({ connect }) => {
    const { conn, log } = await connect();
    await pause(20);
    demand(
      conn.state === "idle" && log.opens === 0,
      "The connection opens while it is made: leave it to `open`, which the first use calls.",
    );
    await settled(conn.reset(), "reset() before the first use");
    await settled(conn.close(), "close() before the first use");
    demand(log.opens === 0, "reset() or close() opens a connection that was never used.");
  }),
  make("works", "answers the sample call, and the same again", [], async ({ connect, sample }) => {
    const { conn, log } = await connect();
    await sample(conn);
    await sample(conn);
    demand(
      log.opens > 0,
      "The sample call works without `open`: use the client that `cached` and `run` hand over.",
    );
  }),
  make(
    "capabilities",
    "has the methods that tools rely on in the form they expect",
    ["query or read"],
    async ({ connect }) => {
      const { conn } = await connect();
      for (const name of ["query", "stream", "read", "write", "execute", "browse"] as const) {
        demand(!(name in conn) || can(conn, name), `\`${name}\` is there and is no method.`);
      }
      demand(
        typeof conn.toJSON === "function" && conn.toJSON().type === conn.type,
        "`toJSON` was overridden: tools print connections by it.",
      );
    },
  ),
  make("browse", "lists what it holds", ["browse method"], async ({ connect }) => {
    const { conn } = await connect();
    demand(can(conn, "browse"), "`browse` is no method.");
    const entries = await settled(conn.browse(), "browse()");
    demand(Array.isArray(entries), "browse() gives no array.");
    for (const { name, kind, path } of entries) {
      demand(
        typeof name === "string" && typeof kind === "string" && Array.isArray(path),
        "An entry of browse() lacks its name, kind or path.",
      );
    }
  }),
  make("single-flight", "opens once for fifty callers", [], async ({ connect, sample }) => {
    const { conn, log } = await connect();
    await Promise.all(Array.from({ length: 50 }, () => sample(conn)));
    demand(
      log.opens === 1,
      `Fifty callers open ${log.opens} clients: use the client that \`cached\` and \`run\` hand over, and do not override \`client\`.`,
    );
  }),
  make("open-again", "forgets an open that failed", [], async ({ connect, sample }) => {
    const { conn, log } = await connect();
    await withFailingOpens(log, async () => sample(conn).catch(() => {}));
    try {
      await sample(conn);
    } catch (error) {
      demand(false, `After a failed open the next call fails too: ${(error as Error).message}`);
    }
  }),
  make(
    "reset",
    "releases its client at reset() and opens again",
    [],
    async ({ connect, sample }) => {
      const { conn, log } = await connect();
      await sample(conn);
      await settled(conn.reset(), "reset()");
      demand(
        log.releases === 1,
        `reset() releases ${log.releases} of 1 clients: call super.reset() where you override it.`,
      );
      await sample(conn);
      demand(log.opens === 2, "After reset() the next call does not open again.");
    },
  ),
  make(
    "close",
    "releases its client at close(), once however often",
    [],
    async ({ connect, sample }) => {
      const { conn, log } = await connect();
      await sample(conn);
      await settled(Promise.all([conn.close(), conn.close()]), "close(), twice at once");
      await settled(conn.close(), "a further close()");
      demand(log.releases === 1, `close() releases the client ${log.releases} times and not once.`);
      demand(conn.state === "closed", `After close() the state is "${conn.state}".`);
    },
  ),
  make(
    "use-after-close",
    "refuses every use after close()",
    [],
    async ({ connect, subject, sample }) => {
      const { conn, log } = await connect();
      // In the cache too: what is closed answers nothing.
      await sample(conn, {});
      await settled(conn.close(), "close()");
      await connErrorOf(subject.sample(conn, {}), "the sample call after close()", "CONN_CLOSED");
      await connErrorOf(conn.client(), "client() after close()", "CONN_CLOSED");
      if (subject.writes)
        await connErrorOf(subject.writes(conn), "the writing call after close()", "CONN_CLOSED");
      demand(log.opens === 1, "A call after close() opens the connection again.");
    },
  ),
  make(
    "close-while-opening",
    "leaks nothing when it is closed while it opens",
    [],
    async ({ connect }) => {
      const { conn, log } = await connect();
      let go!: () => void;
      log.beforeOpen = () => new Promise((resolve) => (go = resolve));
      const client = conn.client().catch(() => {});
      await eventually(() => go !== undefined, "client() does not call `open`.");
      const closing = conn.close();
      go();
      await settled(Promise.all([client, closing]), "close() while the connection opens");
      await eventually(
        () => log.opens === log.releases,
        "A client that arrives while the connection closes is never released.",
      );
    },
  ),
  make(
    "close-under-call",
    "lets a running call finish before it releases the client",
    [],
    async ({ connect, subject }) => {
      const { conn, log } = await connect();
      await conn.client();
      const calls = Array.from({ length: 5 }, async () => subject.sample(conn, { ttl: 0 }));
      const outcomes = Promise.allSettled(calls);
      // Calls that did not come as far as the client may be refused; those at work may not.
      for (let turn = 0; turn < 10 && log.working < calls.length; turn++) await Promise.resolve();
      const atWork = log.working === calls.length;
      await settled(conn.close(), "close() under running calls");
      for (const outcome of await settled(outcomes, "a call under close()")) {
        if (outcome.status === "fulfilled") continue;
        const error = await connErrorOf(
          Promise.reject(outcome.reason),
          "a call under close()",
          "CONN_CLOSED",
          "CONN_ABORTED",
        );
        demand(!atWork, `close() breaks a running call: ${error.message}`);
      }
      demand(
        log.releasedUnderCall === 0,
        "The client is released under a running call: do not override `close`, and await the work in `cached` and `run`.",
      );
      demand(
        log.opens === log.releases,
        `${log.opens} clients were opened and ${log.releases} released.`,
      );
    },
  ),
  make(
    "close-slow-call",
    "ends a call that outlasts close()",
    ["slow"],
    async ({ connect, subject, defer }) => {
      configure({ drainTimeout: 0.05 });
      defer(() => configure({ drainTimeout: 10 }));
      const { conn, log } = await connect();
      await conn.client();
      const call = connErrorOf(
        subject.slow!.call(conn, { ttl: 0 }),
        "a slow call under close()",
        "CONN_ABORTED",
        "CONN_CLOSED",
      );
      await eventually(
        () => log.working > 0,
        "The slow call does not run inside of `cached` or `run`.",
      );
      await settled(conn.close(), "close() under a slow call");
      await call;
    },
  ),
  make(
    "independent",
    "leaves other connections alone when it is closed",
    [],
    async ({ connect, sample }) => {
      const [one, other] = [await connect(), await connect()];
      await sample(one.conn);
      await sample(other.conn);
      await settled(one.conn.close(), "close()");
      try {
        await sample(other.conn);
      } catch (error) {
        demand(
          false,
          `Two connections share a client: closing one breaks the other (${(error as Error).message}).`,
        );
      }
      demand(
        other.log.opens === 1,
        "Two connections share a client: closing one makes the other open again.",
      );
    },
  ),
  make("handles", "leaves nothing open after close()", [], async ({ connect, sample }) => {
    const rounds = 5;
    const before = resources();
    for (let round = 0; round < rounds; round++) {
      const { conn } = await connect();
      await sample(conn);
      await settled(conn.close(), "close()");
    }
    let left: string[] = [];
    // What others leave behind or take away meanwhile is less than one for most rounds.
    const gone = (): boolean => (left = excess(resources(), before, rounds / 2)).length === 0;
    await eventually(gone, "").catch(() => {
      demand(
        false,
        `After close() this keeps the process alive: ${left.join(", ")}. Give it back in \`release\`.`,
      );
    });
  }),
  make(
    "listeners",
    "leaves no listener on the process or on a caller's signal",
    [],
    async ({ connect, sample }) => {
      const count = (): number =>
        process.eventNames().reduce((sum, event) => sum + process.listenerCount(event), 0);
      const before = count();
      const { signal } = new AbortController();
      for (let round = 0; round < 3; round++) {
        const { conn } = await connect();
        await sample(conn, { signal });
        await settled(conn.close(), "close()");
      }
      demand(
        count() <= before,
        `Three connections leave ${count() - before} listeners on the process: remove them in \`release\`.`,
      );
      const left = getEventListeners(signal, "abort").length;
      demand(
        left === 0,
        `Three calls leave ${left} listeners on the caller's signal: remove them when the call ends.`,
      );
    },
  ),
  make("check", "is found healthy by check()", [], async ({ connect }) => {
    const { conn } = await connect();
    const { ok, stages } = await settled(conn.check(), "check()");
    const failed = stages.find((stage) => !stage.ok);
    demand(ok && stages.length > 0, `check() fails at ${failed?.name}: ${failed?.error?.message}`);
  }),
  make("ping", "is pinged by check()", ["ping hook"], async ({ connect }) => {
    const { conn } = await connect();
    const { stages } = await settled(conn.check(), "check()");
    demand(
      stages.some(({ name, ok }) => name === "ping" && ok),
      "check() does not get as far as the ping.",
    );
  }),
];

/** What keeps the process alive now, each kind as often as there are of it. */
function resources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo())
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

function excess(
  now: ReadonlyMap<string, number>,
  before: ReadonlyMap<string, number>,
  limit: number,
): string[] {
  return [...now]
    .filter(([kind, count]) => count - (before.get(kind) ?? 0) > limit)
    .map(([kind]) => kind);
}
