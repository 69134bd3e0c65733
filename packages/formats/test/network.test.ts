import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { expect, it } from "vitest";
import { type ByteSource, readTable } from "../src/index.ts";

it("reads one column of a hundred over the network, and no byte of the others", async () => {
  const bytes = await wideFile();
  await using server = await rangeServer(bytes);
  const table = await readTable(server.source, { columns: ["pet_70"] });
  expect(table.columns.map(({ name }) => name)).toEqual(["pet_70"]);
  expect(table.at(4999)).toEqual({ pet_70: 4999 * 70.5 });
  // The footer, and one request for the column in each of three row groups.
  expect(server.requests).toHaveLength(4);
  const [footer, ...chunks] = server.requests;
  expect(footer).toEqual([bytes.length - 65_536, bytes.length]);
  const column = chunks.reduce((sum, [start, end]) => sum + end - start, 0);
  expect(column).toBeLessThan((bytes.length / 100) * 1.2);
});

/** 5,000 rows of 100 columns, in row groups of 2,048. */
async function wideFile(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "conn-formats-"));
  try {
    const file = join(folder, "wide.parquet");
    const columns = Array.from({ length: 100 }, (_, n) => `range * ${n}.5::double as pet_${n}`);
    const duckdb = await (await DuckDBInstance.create(":memory:")).connect();
    await duckdb.run(
      `copy (select ${columns.join(", ")} from range(5000)) to '${file}'
        (format parquet, row_group_size 2048, compression snappy)`,
    );
    duckdb.closeSync();
    return await readFile(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Range = readonly [start: number, end: number];

/** The bytes by HTTP, and what of them was asked for. */
async function rangeServer(
  bytes: Buffer,
): Promise<AsyncDisposable & { readonly source: ByteSource; readonly requests: Range[] }> {
  const requests: Range[] = [];
  const server = createServer((request, response) => {
    const [, first, last] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
    const range: Range = [Number(first ?? 0), Number(last ?? bytes.length - 1) + 1];
    requests.push(range);
    response.writeHead(206).end(bytes.subarray(...range));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/wide.parquet`;
  const read: ByteSource["read"] = async (start, end) => {
    const response = await fetch(url, { headers: { range: `bytes=${start}-${end - 1}` } });
    return new Uint8Array(await response.arrayBuffer());
  };
  const stream: ByteSource["stream"] = async function* () {
    yield await read(0, bytes.length);
  };
  return {
    source: { name: "wide.parquet", size: bytes.length, read, stream },
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
