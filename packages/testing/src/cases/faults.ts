import { type BaseConnection, ConnError, configure } from "@conn/core";
import { type Case, group } from "../case.ts";
import type { Context } from "../context.ts";
import { connErrorOf, demand, eventually, failureOf, settled } from "../demand.ts";
import { textOf } from "../result.ts";

const make = group("faults");

export const faultCases: readonly Case[] = [
  make("proxy", "works through the fault proxy", ["network"], async (context) => {
    const { conn, proxy } = await context.proxied();
    await context.sample(conn);
    demand(
      proxy.bytesReceived > 0,
      "The sample call did not pass through the proxy: use the address that `network.config` is given.",
    );
  }),
  make(
    "refused",
    "rejects while the source is down, and works once it is up",
    ["network"],
    async (context) => {
      const { conn, proxy } = await context.proxied();
      await proxy.refuse();
      await connErrorOf(context.sample(conn), "the sample call while the source is down");
      await proxy.pass();
      await works(context, conn, "Once the source is up");
    },
  ),
  make("check", "is found down by check(), which does not throw", ["network"], async (context) => {
    const { conn, proxy } = await context.proxied();
    await proxy.refuse();
    const report = await settled(conn.check(), "check() while the source is down");
    demand(
      !report.ok,
      "check() calls a source healthy that is down: connect in `open`, or add a `ping`.",
    );
  }),
  make(
    "killed-idle",
    "repeats a read whose connection was cut off while idle",
    ["network"],
    async (context) => {
      const { conn, proxy } = await context.proxied();
      await context.sample(conn);
      proxy.reset();
      await eventually(() => proxy.connections === 0, "The proxy keeps a connection.");
      await works(context, conn, "After its idle connection was cut off");
    },
  ),
  make(
    "killed-under-call",
    "survives a connection that is cut off under a call",
    ["network"],
    async (context) => {
      const { conn, proxy } = await context.proxied();
      await context.sample(conn);
      const sent = proxy.bytesSent;
      proxy.blackhole();
      const call = Promise.resolve(context.subject.sample(conn, { ttl: 0 })).catch(
        (error: unknown) => error,
      );
      await eventually(
        () => proxy.bytesSent > sent,
        "The sample call sends nothing to the source.",
      );
      proxy.reset();
      await proxy.pass();
      const outcome = await settled(call, "a call whose connection is cut off");
      demand(
        !(outcome instanceof Error) || outcome instanceof ConnError,
        `A call whose connection is cut off rejects with ${(outcome as Error).name} and not with a ConnError.`,
      );
      await works(context, conn, "After its connection was cut off under a call");
    },
  ),
  make(
    "silent-open",
    "gives up on a source that accepts and says nothing",
    ["network"],
    async (context) => {
      const usual = (): void => void configure({ openTimeout: 30, retry: {} });
      configure({ openTimeout: 0.3, retry: { attempts: 1 } });
      context.defer(usual);
      const { conn, proxy } = await context.proxied();
      proxy.blackhole();
      // A protocol without a greeting opens all the same: then it is the call that waits.
      await connErrorOf(
        context.subject.sample(conn, { ttl: 0, timeout: 2 }),
        "the sample call to a silent source",
        "CONN_TIMEOUT",
        "CONN_OPEN",
      );
      await proxy.pass();
      usual();
      await works(context, conn, "Once the source speaks");
    },
  ),
  make("silent-call", "gives up on a source that falls silent", ["network"], async (context) => {
    const { conn, proxy } = await context.proxied();
    await context.sample(conn);
    proxy.blackhole();
    await connErrorOf(
      context.subject.sample(conn, { ttl: 0, timeout: 0.2 }),
      "the sample call to a silent source",
      "CONN_TIMEOUT",
    );
    await proxy.pass();
    await works(context, conn, "Once the source speaks again");
  }),
  make(
    "slow",
    "reads an answer that comes late and a byte at a time",
    ["network"],
    async (context) => {
      const { conn, proxy } = await context.proxied();
      const whole = textOf(await context.sample(conn));
      proxy.latency(1);
      proxy.slicer(1);
      demand(
        textOf(await context.sample(conn)) === whole,
        "An answer that comes in pieces is read as another: join the pieces before you decode them.",
      );
    },
  ),
  make("truncated", "never takes half an answer for the whole", ["network"], async (context) => {
    const { conn, proxy } = await context.proxied();
    await context.sample(conn);
    const before = proxy.bytesReceived;
    const whole = textOf(await context.sample(conn));
    const bytes = proxy.bytesReceived - before;
    demand(
      bytes > 1,
      "The sample call did not pass through the proxy: use the address that `network.config` is given.",
    );
    for (const limit of [1, Math.floor(bytes / 2), bytes - 1]) {
      proxy.limitData(limit);
      const outcome = await settled(
        Promise.resolve(context.subject.sample(conn, { ttl: 0 })).then(
          textOf,
          (error: unknown) => error,
        ),
        `a call whose answer ends after ${limit} of ${bytes} bytes`,
      );
      demand(
        typeof outcome !== "string" || outcome === whole,
        `An answer that ends after ${limit} of ${bytes} bytes is taken for the whole: reject it with CONN_TRUNCATED.`,
      );
      await proxy.pass();
      await works(context, conn, "After an answer that was cut short");
    }
  }),
  make(
    "failures-leak-nothing",
    "holds no more connections after fifty failed calls",
    ["network", "fails"],
    async (context) => {
      const { conn, proxy } = await context.proxied();
      await context.sample(conn);
      const before = proxy.connections;
      for (let round = 0; round < 50; round++)
        await failureOf(context.subject.fails!(conn, { ttl: 0 }), "the failing call");
      await context.sample(conn);
      await eventually(
        () => proxy.connections <= before,
        `Fifty failed calls leave ${proxy.connections - before} more connections open.`,
      );
    },
  ),
  make(
    "closed",
    "holds no connection after reset() and after close()",
    ["network"],
    async (context) => {
      const { conn, proxy } = await context.proxied();
      await context.sample(conn);
      await settled(conn.reset(), "reset()");
      await eventually(
        () => proxy.connections === 0,
        `reset() leaves ${proxy.connections} connections to the source open: end them in \`release\`.`,
      );
      await context.sample(conn);
      await settled(conn.close(), "close()");
      await eventually(
        () => proxy.connections === 0,
        `close() leaves ${proxy.connections} connections to the source open: end them in \`release\`.`,
      );
    },
  ),
];

async function works(
  { sample }: Context<BaseConnection>,
  conn: BaseConnection,
  when: string,
): Promise<void> {
  try {
    await sample(conn);
  } catch (error) {
    demand(false, `${when}, the next call fails: ${(error as Error).message}`);
  }
}
