import * as sdk from "@aws-sdk/client-s3";
import type { IncomingMessage, ServerResponse } from "node:http";
import { scriptedServer } from "@conn/testing";
import { expect, it } from "vitest";
import { S3Store } from "../src/s3/store.ts";
import { connect, failure } from "./support.ts";

const xml = (code: string, message: string): string =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message><RequestId>R-42</RequestId></Error>`;

it.each([
  [403, "AccessDenied", "CONN_FORBIDDEN", /s3:GetObject/],
  [403, "InvalidAccessKeyId", "CONN_AUTH", /aws configure/],
  [403, "SignatureDoesNotMatch", "CONN_AUTH", /credentials/],
  [400, "ExpiredToken", "CONN_AUTH", /aws sso login/],
  [403, "RequestTimeTooSkewed", "CONN_AUTH", /clock/],
  [404, "NoSuchBucket", "CONN_NOT_FOUND", /bucket/],
  [404, "NoSuchKey", "CONN_NOT_FOUND", /list\(\)/],
  [301, "PermanentRedirect", "CONN_QUERY", /region = "eu-west-3"/],
  [400, "AuthorizationHeaderMalformed", "CONN_QUERY", /region/],
  [403, "InvalidObjectState", "CONN_FORBIDDEN", /archived/],
  [503, "SlowDown", "CONN_QUERY", /failed/],
] as const)(
  "a %d %s is %s, also where a HEAD says nothing",
  async (status, code, expected, remedy) => {
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      const headers = { "x-amz-request-id": "R-42", "x-amz-bucket-region": "eu-west-3" };
      response.writeHead(status, headers);
      response.end(request.method === "HEAD" ? undefined : xml(code, "no"));
    };
    await using server = await scriptedServer(Array.from({ length: 20 }, () => answer));
    const conn = await connect({
      protocol: "s3",
      endpoint: server.url,
      accessKeyId: "AKIAJERRY",
      secretAccessKey: "the-secret-of-jerry",
    });
    const error = await failure(conn.stat("pets/owners.csv"));
    expect(error.code).toBe(expected);
    expect(error.message).toMatch(remedy);
    for (const part of ["bucket pets", "key owners.csv", `status ${status}`, "R-42", ".stat"])
      expect(error.message).toContain(part);
    expect(error.message).not.toContain("the-secret-of-jerry");
  },
);

it("says that there are no credentials, and how to get some", async () => {
  await using server = await scriptedServer();
  const saved = { ...process.env };
  Object.assign(process.env, {
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_SHARED_CREDENTIALS_FILE: "/nowhere",
    AWS_CONFIG_FILE: "/nowhere",
    AWS_ACCESS_KEY_ID: "",
  });
  try {
    const conn = await connect({ protocol: "s3", endpoint: server.url });
    const { code, message } = await failure(conn.stat("pets/owners.csv"));
    expect(code).toBe("CONN_AUTH");
    expect(message).toContain("aws configure");
    expect(server.requests).toEqual([]);
  } finally {
    process.env = saved;
  }
});

it("asks without credentials where the section says so", async () => {
  await using server = await scriptedServer([
    ({ headers }, response) =>
      void response
        .writeHead(headers.authorization ? 403 : 200, { "content-length": 4, etag: '"1"' })
        .end(),
  ]);
  const conn = await connect({ protocol: "s3", endpoint: server.url, anonymous: true });
  expect(await conn.stat("pets/owners.csv")).toMatchObject({ size: 4, version: '"1"' });
});

it.each([
  ["P3REMw==", undefined],
  ["AAAAAA==", "what arrived is not what was stored, by its checksum"],
])("heeds a checksum that comes with the bytes: %s", async (checksum, refusal) => {
  await using server = await scriptedServer([
    (_request, response) =>
      void response
        .writeHead(200, { etag: '"1"', "content-length": 4, "x-amz-checksum-crc32": checksum })
        .end("fish"),
  ]);
  // As for Amazon's own servers; of others, few know these checksums.
  const config = {
    endpoint: server.url,
    region: "eu-west-3",
    forcePathStyle: true,
    credentials: { accessKeyId: "AKIAJERRY", secretAccessKey: "the-secret-of-jerry" },
  };
  const none = (): never => {
    throw new Error("Nothing is written or signed here.");
  };
  const store = new S3Store(sdk, config, { upload: none, sign: none });
  const location = { protocol: "s3", container: "pets", key: "owners.csv" } as const;
  const read = async (): Promise<string> => {
    const { signal } = new AbortController();
    const { bytes } = await store.get(location, undefined, signal);
    let text = "";
    for await (const chunk of bytes) text += Buffer.from(chunk).toString();
    return text;
  };
  if (refusal === undefined) expect(await read()).toBe("fish");
  else expect(store.failureOf(await failure(read()))).toMatchObject({ message: refusal });
  await store.close();
});

it("takes a page that says yes to everything for no S3", async () => {
  const page = (_request: IncomingMessage, response: ServerResponse): void =>
    void response.writeHead(200, { "content-type": "text/html" }).end("<html>console</html>");
  await using server = await scriptedServer(Array.from({ length: 20 }, () => page));
  const login = { accessKeyId: "AKIAJERRY", secretAccessKey: "the-secret-of-jerry" };
  const conn = await connect({ protocol: "s3", endpoint: server.url, ...login });
  const path = "pets/owners.csv";
  const calls = [
    () => conn.write(path, "x"),
    () => conn.list("pets/"),
    () => conn.stat(path),
    () => conn.exists(path),
    () => conn.readText(path),
  ];
  for (const call of calls) {
    const { message, hint } = await failure(call());
    expect(message).toContain("the answer is none of S3's");
    expect(hint).toContain("endpoint");
  }
});

it("takes no answer whose end cannot be told from a cut", async () => {
  const answer = (_request: IncomingMessage, response: ServerResponse): void =>
    void response.writeHead(200, { etag: '"1"', "transfer-encoding": "chunked" }).end("fish");
  await using server = await scriptedServer([answer]);
  const login = { accessKeyId: "AKIAJERRY", secretAccessKey: "the-secret-of-jerry" };
  const conn = await connect({ protocol: "s3", endpoint: server.url, ...login });
  const { code, message } = await failure(conn.readBytes("pets/owners.csv"));
  expect(code).toBe("CONN_QUERY");
  expect(message).toContain("the answer does not say how long it is");
  expect(message).toContain("Content-Length");
});
