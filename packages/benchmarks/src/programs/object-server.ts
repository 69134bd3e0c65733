/**
 * A server with one large object at every path, as S3 has it: `object-server SIZE [BYTES_PER_SECOND]`,
 * the rate for each connection. Prints its port.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

const [size = 0, rate = Infinity] = process.argv.slice(2).map(Number);
const object = Buffer.alloc(size, "fish and cats ");
const sliceSize = 64 * 1024;

const server = createServer((request, response) => {
  const range = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "");
  const [start, end] = range ? [Number(range[1]), Number(range[2]) + 1] : [0, size];
  response.writeHead(range ? 206 : 200, {
    etag: '"1"',
    "last-modified": new Date(0).toUTCString(),
    "content-length": end - start,
    ...(range && { "content-range": `bytes ${start}-${end - 1}/${size}` }),
  });
  if (request.method === "HEAD") response.end();
  else if (rate === Infinity) response.end(object.subarray(start, end));
  else void trickle(response, start, end);
});
server.listen(0, "127.0.0.1", () => console.log((server.address() as AddressInfo).port));

async function trickle(response: ServerResponse, start: number, end: number): Promise<void> {
  const began = performance.now();
  for (let at = start; at < end && !response.destroyed; at += sliceSize) {
    response.write(object.subarray(at, Math.min(end, at + sliceSize)));
    // By what should have passed until now: a timer that is late is made up for.
    const due = ((at - start + sliceSize) / rate) * 1000;
    await pause(Math.max(0, due - (performance.now() - began)));
  }
  response.end();
}
