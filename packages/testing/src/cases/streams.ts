import { configure } from "@conn/core";
import { type Case, group } from "../case.ts";
import { demand, failureOf, NonConformance, settled } from "../demand.ts";

const make = group("streams");

export const streamCases: readonly Case[] = [
  make(
    "whole",
    "streams to the end",
    ["stream method", "streams"],
    async ({ connect, subject }) => {
      const { conn } = await connect();
      let parts = 0;
      const drain = async (): Promise<void> => {
        for await (const _part of subject.streams!(conn, {})) parts++;
      };
      await settled(drain(), "the stream");
      demand(parts > 1, `The stream has ${parts} parts: give one of several.`);
    },
  ),
  make(
    "left",
    "gives its client back when a loop over a stream is left",
    ["stream method", "streams"],
    async ({ connect, subject, sample, defer }) => {
      const { conn, log } = await connect();
      const leave = async (): Promise<void> => {
        for await (const _part of subject.streams!(conn, {})) break;
      };
      await settled(leave(), "a stream that is left");
      await sample(conn);
      // Left alone, close() would wait for the lease, then take the client away from it.
      configure({ drainTimeout: Infinity });
      defer(() => configure({ drainTimeout: 10 }));
      await settled(conn.close(), "After a stream was left, close()").catch((error: unknown) => {
        throw error instanceof NonConformance
          ? new NonConformance(
              `${error.message} Release the lease in a \`finally\`, or by \`using\`.`,
            )
          : error;
      });
      demand(log.releases === log.opens, "A stream that was left keeps its client.");
    },
  ),
  make(
    "aborted",
    "ends a stream when the caller's signal is aborted",
    ["stream method", "streams"],
    async ({ connect, subject }) => {
      const { conn } = await connect();
      const controller = new AbortController();
      const drain = async (): Promise<void> => {
        for await (const _part of subject.streams!(conn, { signal: controller.signal }))
          controller.abort();
      };
      await failureOf(drain(), "a stream whose signal is aborted");
    },
  ),
];
