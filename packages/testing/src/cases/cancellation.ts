import { type Case, group } from "../case.ts";
import type { Connected, Context } from "../context.ts";
import type { BaseConnection } from "@conn/core";
import { connErrorOf, demand, eventually } from "../demand.ts";

const make = group("cancellation");

export const cancellationCases: readonly Case[] = [
  make(
    "before",
    "sends nothing for a signal that is aborted already",
    ["query or read"],
    async ({ connect, subject }) => {
      const { conn, log } = await connect();
      await connErrorOf(
        subject.sample(conn, { ttl: 0, signal: AbortSignal.abort() }),
        "the sample call with an aborted signal",
        "CONN_ABORTED",
      );
      demand(
        log.opens === 0 && log.loads === 0,
        "A call whose signal is aborted already opens the connection or asks the source: hand the options to `cached`.",
      );
    },
  ),
  make("rejects", "rejects when the caller's signal is aborted", ["slow"], async (context) => {
    await aborted(context, await context.connect());
  }),
  make("stops", "ends the work of a call that was aborted", ["slow"], async (context) => {
    const connected = await context.connect();
    await aborted(context, connected);
    await eventually(
      () => connected.log.working === 0,
      "After an abort the plugin's own work goes on: heed the signal that `cached` and `run` hand over.",
    );
  }),
  make("reaches-source", "stops the source too", ["slow", "slow.running"], async (context) => {
    const running = context.subject.slow!.running!;
    const idle = async (): Promise<boolean> => (await running()) === 0;
    await eventually(
      idle,
      "The source works on calls that were aborted before: cancel them there, and do not only stop waiting.",
    );
    await aborted(context, await context.connect(), async () => !(await idle()));
    await eventually(
      idle,
      "After an abort the source works on: cancel the call there, and do not only stop waiting.",
    );
  }),
  make("usable", "works on after an abort", ["slow"], async (context) => {
    const connected = await context.connect();
    await aborted(context, connected);
    try {
      await context.sample(connected.conn);
    } catch (error) {
      demand(false, `After an abort the next call fails: ${(error as Error).message}`);
    }
  }),
  make("timeout", "gives up after the caller's timeout", ["slow"], async ({ connect, subject }) => {
    const { conn } = await connect();
    await conn.client();
    await connErrorOf(
      subject.slow!.call(conn, { ttl: 0, timeout: 0.1 }),
      "the slow call with a timeout",
      "CONN_TIMEOUT",
    );
  }),
];

/** Starts the slow call, and aborts it once it runs. */
async function aborted(
  { subject }: Context<BaseConnection>,
  { conn, log }: Connected<BaseConnection>,
  runs: () => boolean | Promise<boolean> = () => log.working > 0,
): Promise<void> {
  await conn.client();
  const controller = new AbortController();
  const call = connErrorOf(
    subject.slow!.call(conn, { ttl: 0, signal: controller.signal }),
    "the aborted call",
    "CONN_ABORTED",
  );
  call.catch(() => {});
  await eventually(
    runs,
    "The slow call does not run: call it through `cached` or `run`, and make it take at least ten seconds.",
  );
  controller.abort();
  await call;
}
