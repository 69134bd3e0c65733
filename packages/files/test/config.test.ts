import { registerSecret } from "@conn/core";
import { describe, expect, it } from "vitest";
import { checkEndpointAddress } from "../src/endpoint.ts";
import { storageOptions } from "../src/gcs/open.ts";
import { clientConfig } from "../src/s3/open.ts";
import { configOf, connect, failure } from "./support.ts";

describe("settings are refused", () => {
  it.each([
    [{ protocol: "ftp" }, /"file" \| "local"/],
    [{ root: "ftp://x" }, /no protocol is called ftp/],
    [{ root: "s3://pets", protocol: "gs" }, /different stores/],
    [{ root: "s3://pets/../x" }, /folder/],
    [{ root: "gs://pets", region: "eu" }, /setting of S3/],
    [{ protocol: "file", account: "pets" }, /setting of Azure/],
    [{ accessKeyId: "a" }, /go together/],
    [{ client_email: "a@example.com" }, /go together/],
    [{ concurrency: 0 }, /concurrency|Invalid/],
    [{ rooot: "x" }, /./],
  ])("%j", async (settings, why) => {
    await expect(configOf(settings)).rejects.toThrow(why);
  });
});

describe("an endpoint is refused that leads to a machine's own credentials", () => {
  it.each([
    "http://169.254.169.254",
    "http://169.254.169.254/latest",
    "http://2852039166",
    "http://0xa9fea9fe",
    "http://0251.0376.0251.0376",
    "http://169.254.43518",
    "http://[::ffff:169.254.169.254]",
    "http://[::ffff:a9fe:a9fe]",
    "http://[fe80::1]",
    "http://[fd00:ec2::254]",
    "http://100.100.100.200",
    "http://168.63.129.16",
    "http://metadata.google.internal",
    "http://METADATA.google.internal.",
  ])("%s", async (endpoint) => {
    await expect(configOf({ protocol: "s3", endpoint })).rejects.toThrow(/link-local/);
    expect(await configOf({ protocol: "s3", endpoint, allowLinkLocal: true })).toBeTruthy();
  });

  it.each([
    ["ftp://x", /https/],
    ["not an address", /not an address/],
    ["https://jerry:secret@x", /credentials do not belong/],
    ["https://x/?sig=secret", /no query/],
  ])("%s", async (endpoint, why) => {
    await expect(configOf({ protocol: "s3", endpoint })).rejects.toThrow(why);
  });

  it("lets others pass, and names that lead to this machine", async () => {
    for (const endpoint of [
      "http://127.0.0.1:9000",
      "https://minio.example.com",
      "http://[::1]:9000",
    ])
      expect(await configOf({ protocol: "s3", endpoint })).toBeTruthy();
    await expect(checkEndpointAddress("http://localhost", false, "pets")).resolves.toBeUndefined();
  });

  it("in a connection string too", async () => {
    const connectionString =
      "AccountName=pets;AccountKey=c2VjcmV0LWtleS1vZi1wZXRz;BlobEndpoint=http://169.254.169.254/;";
    const conn = await connect({ connectionString });
    const { code, message } = await failure(conn.exists("pets/x"));
    expect(code).toBe("CONN_CONFIG");
    expect(message).not.toContain("c2VjcmV0");
  });
});

describe("what a section does not say is left to the SDK", () => {
  it("S3", async () => {
    expect(clientConfig(await configOf({ root: "s3://pets" }), {})).toEqual({
      maxAttempts: 1,
      followRegionRedirects: true,
    });
    expect(
      clientConfig(await configOf({ root: "s3://pets" }), { AWS_REGION: "eu-west-1" }),
    ).not.toHaveProperty("region");
    expect(
      clientConfig(await configOf({ root: "s3://pets" }), { AWS_DEFAULT_REGION: "eu-west-1" }),
    ).toMatchObject({ region: "eu-west-1" });
    expect(clientConfig(await configOf({ root: "s3://pets", profile: "pets" }), {})).toMatchObject({
      profile: "pets",
    });
    for (const env of [{}, { AWS_ENDPOINT_URL: "http://127.0.0.1:9000" }])
      expect(
        clientConfig(
          await configOf({
            root: "s3://pets",
            ...("AWS_ENDPOINT_URL" in env ? {} : { endpoint: "http://127.0.0.1:9000" }),
          }),
          env,
        ),
      ).toMatchObject({
        forcePathStyle: true,
        region: "us-east-1",
        requestChecksumCalculation: "WHEN_REQUIRED",
        responseChecksumValidation: "WHEN_REQUIRED",
      });
  });

  it("Google Cloud Storage, with a key in the section as Streamlit has it", async () => {
    const retryOptions = { autoRetry: false, maxRetries: 0 };
    expect(storageOptions(await configOf({ root: "gs://pets" }))).toEqual({ retryOptions });
    const key = { client_email: "pets@example.com", private_key: "-----BEGIN", project_id: "pets" };
    const more = { private_key_id: "1", client_id: "2", token_uri: "https://example.com/token" };
    expect(storageOptions(await configOf({ ...key, ...more }))).toEqual({
      retryOptions,
      projectId: "pets",
      credentials: { client_email: key.client_email, private_key: key.private_key },
    });
  });

  it("Azure", async () => {
    const conn = await connect({ protocol: "az" });
    const { code, hint } = await failure(conn.exists("pets/x"));
    expect(code).toBe("CONN_CONFIG");
    expect(hint).toContain("AZURE_STORAGE_CONNECTION_STRING");
  });
});

it("takes the protocol from the path, the section or the name", async () => {
  expect((await failure((await connect({}, "s3")).readText("x.csv"))).message).toContain("bucket");
  expect((await failure((await connect({}, "gcs")).readText("x.csv"))).message).toContain("bucket");
  expect((await failure((await connect({}, "azure")).readText("x.csv"))).message).toContain(
    "container",
  );
  expect(await failure((await connect()).readText("nothing.csv"))).toMatchObject({
    code: "CONN_NOT_FOUND",
  });
  expect(
    (await failure((await connect({ protocol: "gs" }, "s3")).readText("s3://pets/x.csv"))).message,
  ).toContain("Google");
});

it("hands out the SDK's client, and says when there is none", async () => {
  const credentials = { accessKeyId: "a", secretAccessKey: "b-secret", region: "eu-west-1" };
  const conn = await connect({ root: "s3://pets", ...credentials });
  expect((await conn.client("s3")).constructor.name).toBe("S3Client");
  expect(await failure(conn.client("gs"))).toMatchObject({ code: "CONN_ARGUMENT" });
  expect(await (await connect({ root: "/data" })).client("file")).toEqual({ root: "/data" });
});

it("shows no secret in the error of a path that holds one", async () => {
  registerSecret("sig-of-jerry");
  const conn = await connect();
  const { message } = await failure(conn.readText("s3://pets/x?X-Amz-Signature=sig-of-jerry\0"));
  expect(message).not.toContain("sig-of-jerry");
});
