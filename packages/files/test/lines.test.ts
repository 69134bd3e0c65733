import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { configure } from "@conn/core";
import { type ScriptedServer, scriptedServer } from "@conn/testing";
import { afterEach, expect, it } from "vitest";
import type { Progress } from "../src/index.ts";
import { running } from "./stores/facts.ts";
import { s3 } from "./stores/s3.ts";
import { connect, drained, manyBytes } from "./support.ts";

/** Of the random runs; CONN_SEED repeats one. */
const seed = Number(process.env["CONN_SEED"] ?? Math.trunc(Math.random() * 2 ** 31));

afterEach(() => void configure({ retry: {} }));

/** A number below 1, from a seed. */
function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** An object of S3 over a line that stops for a while, ends early, or answers 503. */
function objectOver(bytes: Uint8Array, random: () => number): Promise<ScriptedServer> {
  let faults = 4;
  const isFaulty = (): boolean => faults > 0 && random() < 0.15 && faults-- > 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (isFaulty()) return void response.writeHead(503).end();
    const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "");
    const [start, end] = range ? [Number(range[1]), Number(range[2]) + 1] : [0, bytes.length];
    response.writeHead(range ? 206 : 200, {
      etag: '"1"',
      "content-length": end - start,
      ...(range && { "content-range": `bytes ${start}-${end - 1}/${bytes.length}` }),
    });
    const stop = isFaulty() ? start + Math.floor((end - start) * random()) : end;
    for (let at = start; at < stop && !response.destroyed;) {
      const next = Math.min(stop, at + 1 + Math.floor(random() * 100_000));
      response.write(bytes.subarray(at, next));
      at = next;
      if (random() < 0.2) await pause(random() < 0.2 ? 60 : 2);
    }
    // Not the response's: it has none yet where the one before it is not ended.
    if (stop < end) request.socket.destroySoon();
    else response.end();
  };
  return scriptedServer(Array.from({ length: 1000 }, () => answer));
}

// The SDK of S3 asks for Node 22.
it.runIf(running(s3).length)(
  "brings every byte once, in its place, over any line",
  async () => {
    configure({ retry: { base: 0.001, attempts: 6 } });
    const random = randomFrom(seed);
    for (let run = 0; run < 40; run++) {
      const bytes = manyBytes(Math.floor(random() * 1_500_000));
      const partSize = 65_536 + Math.floor(random() * 300_000);
      const concurrency = 1 + Math.floor(random() * 8);
      await using server = await objectOver(bytes, random);
      const login = { accessKeyId: "jerry", secretAccessKey: "the-secret-of-jerry" };
      const conn = await connect({
        protocol: "s3",
        endpoint: server.url,
        partSize,
        concurrency,
        ...login,
      });
      const start = Math.floor(random() * bytes.length);
      const end = start + Math.floor(random() * (bytes.length - start));
      const seen: Progress[] = [];
      const onProgress = (progress: Progress): void => void seen.push(progress);
      const what = `CONN_SEED=${seed}, run ${run}`;
      const same = (got: Uint8Array, wanted: Uint8Array): void =>
        expect(Buffer.compare(got, wanted), what).toBe(0);
      same(await conn.readBytes("pets/large", { ttl: 0, onProgress }), bytes);
      expect(seen.at(-1)?.bytes ?? 0, what).toBe(bytes.length);
      same(await drained(await conn.open("pets/large")), bytes);
      same(
        await drained(await conn.open("pets/large", { start, end })),
        bytes.subarray(start, end),
      );
    }
  },
  60_000,
);
