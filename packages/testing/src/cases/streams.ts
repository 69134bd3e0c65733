import { type Case, group } from "../case.ts";
import { demand, failureOf, settled } from "../demand.ts";

const make = group("streams");

export const streamCases: readonly Case[] = [
  make("whole", "streams to the end", ["stream method", "streams"], async ({ connect, subject }) => {
    const { conn } = await connect();
    let parts = 0;
    const drain = async (): Promise<void> => {
      for await (const _part of subject.streams!(conn, {})) parts++;
    };
    await settled(drain(), "the stream");
    demand(parts > 1, `The stream has ${parts} parts: give one of several.`);
  }),
  make("left", "gives its client back when a loop over a stream is left", ["stream method", "streams"], async ({ connect, subject, sample }) => {
    const { conn, log } = await connect();
    const leave = async (): Promise<void> => {
      for await (const _part of subject.streams!(conn, {})) break;
    };
    await settled(leave(), "a stream that is left");
    await sample(conn);
    const closing = conn.close();
    await settled(closing, "close() after a stream was left: release the lease in a `finally`", 5000);
    demand(log.releases === log.opens, "A stream that was left keeps its client.");
  }),
  make("aborted", "ends a stream when the caller's signal is aborted", ["stream method", "streams"], async ({ connect, subject }) => {
    const { conn } = await connect();
    const controller = new AbortController();
    const drain = async (): Promise<void> => {
      for await (const _part of subject.streams!(conn, { signal: controller.signal })) controller.abort();
    };
    await failureOf(drain(), "a stream whose signal is aborted");
  }),
];
