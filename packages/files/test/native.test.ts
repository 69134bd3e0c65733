import { inspect } from "node:util";
import { scriptedServer } from "@conn/testing";
import { afterEach, describe, expect, it } from "vitest";
import { azure } from "./stores/azure.ts";
import { running } from "./stores/facts.ts";
import { gcs } from "./stores/gcs.ts";
import { connect, failure } from "./support.ts";

const saved = { ...process.env };
afterEach(() => void (process.env = { ...saved }));

// The clouds' SDKs and servers ask for Node 22, and on Node 20 none of them runs.
describe.runIf(running(azure).length)("what the clouds' own tools know", () => {
  it("Azure's connection string in the environment", async () => {
    await using store = await azure.start();
    const place = (await store.place()) as Record<
      "root" | "account" | "accountKey" | "endpoint",
      string
    >;
    const { root, account, accountKey, endpoint } = place;
    process.env["AZURE_STORAGE_CONNECTION_STRING"] =
      `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};BlobEndpoint=${endpoint};`;
    const conn = await connect({ root });
    await conn.write("pets.txt", "fish");
    expect(await conn.readText("pets.txt")).toBe("fish");
    const containers = await (await connect({}, "azure")).list();
    expect(containers.map(({ path }) => `az://${path}`)).toEqual([
      `${root.split("/").slice(0, 3).join("/")}/`,
    ]);
    process.env["AZURE_STORAGE_CONNECTION_STRING"] = "AccountKey=bm90LWEta2V5LWF0LWFsbA==;nonsense";
    const error = await failure((await connect({ root })).stat("pets.txt"));
    expect(error.code).toBe("CONN_CONFIG");
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain("bm90LWEta2V5");
  });

  it("the emulator's address of Google Cloud Storage", async () => {
    await using store = await gcs.start();
    const { root } = (await store.place()) as { readonly root: string };
    process.env["STORAGE_EMULATOR_HOST"] = store.endpoint;
    const conn = await connect({ root });
    await conn.write("pets.txt", "fish");
    expect(await conn.readText("pets.txt")).toBe("fish");
    expect((await conn.list()).map(({ path }) => path)).toEqual(["pets.txt"]);
    const buckets = await (await connect({}, "gcs")).browse();
    expect(buckets).toEqual([{ name: "pets-1", kind: "bucket", path: ["pets-1"] }]);
  });

  it("a shared access signature, which no error shows", async () => {
    await using server = await scriptedServer(["403", "403", "503", "503", "503"]);
    const conn = await connect({
      root: "az://pets",
      endpoint: `${server.url}/account`,
      sasToken: "?sv=2026-01-01&sp=r&sig=VGhlU2lnbmF0dXJlT2ZKZXJyeQ%3D%3D",
    });
    for (const call of [() => conn.readText("pets.txt"), () => conn.write("pets.txt", "x")]) {
      const error = await failure(call());
      expect(error.code).toMatch(/CONN_(FORBIDDEN|QUERY)/);
      expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(
        "VGhlU2lnbmF0dXJl",
      );
    }
    expect(server.requests[0]!.path).toContain("sig=");
  });

  it("a service account that Google refuses", async () => {
    const { privateKey } = await import("node:crypto").then(({ generateKeyPairSync }) =>
      generateKeyPairSync("rsa", {
        modulusLength: 2048,
        publicKeyEncoding: { type: "spki", format: "pem" },
        privateKeyEncoding: { type: "pkcs8", format: "pem" },
      }),
    );
    await using store = await gcs.start();
    const place = (await store.place()) as { readonly root: string; readonly endpoint: string };
    const conn = await connect({
      ...place,
      client_email: "pets@example.com",
      private_key: privateKey,
    });
    // Signing asks nobody: the key is here.
    const url = new URL(await conn.sign("pets.csv", { expires: "5m" }));
    expect(url.searchParams.get("X-Goog-Expires")).toMatch(/^(299|300)$/);
    expect(url.searchParams.get("X-Goog-Signature")).toMatch(/^[0-9a-f]{512}$/);
  });
});
