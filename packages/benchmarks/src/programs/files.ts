/**
 * Milliseconds of reading one object of S3 into memory, the mean of some in succession after one, with the
 * garbage of each paid for by who made it: `files CONTESTANT PORT [ROUNDS]`. By conn with the cache off (`ours`);
 * by the bare SDK in one request, its chunks joined at the end (`bare`) or copied one by one into a buffer
 * of the announced length (`bare-chunks`). `… memory` prints the megabytes that the process took at its
 * peak of one read instead.
 */
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { connection } from "@conn/core";
import type {} from "@conn/files";

const [contestant, port, what = "10"] = process.argv.slice(2);
const settings = {
  endpoint: `http://127.0.0.1:${port}`,
  region: "us-east-1",
  accessKeyId: "jerry",
  secretAccessKey: "the-secret-of-jerry",
};
// Loaded for all: V8's collections take longer the more is loaded.
const readByConn = await ours();
const read = contestant === "ours" ? readByConn : bare(contestant === "bare-chunks");
if (what !== "memory") {
  const rounds = Number(what);
  await read();
  const start = performance.now();
  for (let round = 0; round < rounds; round++) await read();
  console.log((performance.now() - start) / rounds);
} else {
  await read();
  console.log(process.resourceUsage().maxRSS / 1000);
}
process.exit();

async function ours(): Promise<() => Promise<number>> {
  const conn = await connection("s3", { type: "files", config: settings });
  await conn.client();
  return async () => (await conn.readBytes("pets/large", { ttl: 0 })).length;
}

function bare(chunks: boolean): () => Promise<number> {
  const { accessKeyId, secretAccessKey, endpoint, region } = settings;
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    responseChecksumValidation: "WHEN_REQUIRED",
  });
  return async () => {
    const command = new GetObjectCommand({ Bucket: "pets", Key: "large" });
    const { Body, ContentLength = 0 } = await client.send(command);
    if (!chunks) return (await Body!.transformToByteArray()).length;
    const bytes = new Uint8Array(ContentLength);
    let at = 0;
    for await (const chunk of Body as AsyncIterable<Uint8Array>) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return at;
  };
}
