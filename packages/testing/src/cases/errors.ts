import { type Case, group } from "../case.ts";
import { connErrorOf, demand, failureOf, settled } from "../demand.ts";
import { withFailingOpens } from "../observed.ts";

const make = group("errors");

export const errorCases: readonly Case[] = [
  make("open", "tells that it could not be opened, and why", [], async ({ connect, sample }) => {
    const { conn, log } = await connect();
    const error = await withFailingOpens(log, () =>
      connErrorOf(sample(conn), "the sample call whose open fails"),
    );
    demand(
      error.message.includes("The kit lets this open fail.") || error.cause !== undefined,
      `The error says nothing of its cause: ${error.message}`,
    );
  }),
  make(
    "rejects",
    "rejects a call that the source refuses",
    ["fails"],
    async ({ connect, subject }) => {
      const { conn } = await connect();
      await failureOf(subject.fails!(conn, { ttl: 0 }), "the failing call");
    },
  ),
  make(
    "explained",
    "gives its errors a code, its name and the method",
    ["fails"],
    async ({ connect, subject }) => {
      const { conn } = await connect();
      const error = await connErrorOf(subject.fails!(conn, { ttl: 0 }), "the failing call");
      demand(
        error.connection === conn.name,
        `The error does not name the connection (\`connection\` is ${JSON.stringify(error.connection)}).`,
      );
      demand(error.operation, "The error does not name the method in `operation`.");
    },
  ),
  make(
    "many",
    "works on after fifty failed calls, with the client that it had",
    ["fails"],
    async ({ connect, subject, sample }) => {
      const { conn, log } = await connect();
      await sample(conn);
      for (let round = 0; round < 50; round++)
        await failureOf(
          settled(Promise.resolve(subject.fails!(conn, { ttl: 0 })), "the failing call"),
          "the failing call",
        );
      await sample(conn);
      demand(
        log.opens === 1,
        `Fifty refused calls open ${log.opens - 1} more clients: \`isConnectionLost\` takes a refusal for a loss.`,
      );
      demand(log.working === 0, `${log.working} calls go on after fifty refused calls.`);
    },
  ),
  make(
    "writes",
    "rejects a writing call that fails to open",
    ["writes"],
    async ({ connect, subject }) => {
      const { conn, log } = await connect();
      await withFailingOpens(log, () =>
        connErrorOf(subject.writes!(conn), "the writing call whose open fails"),
      );
    },
  ),
];
