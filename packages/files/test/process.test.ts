import { execFile } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { get, type IncomingMessage, type ServerResponse } from "node:http";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { scriptedServer } from "@conn/testing";
import { expect, it, onTestFinished } from "vitest";
import type { RunningStore } from "./stores/facts.ts";
import { running } from "./stores/facts.ts";
import { azure } from "./stores/azure.ts";
import { gcs } from "./stores/gcs.ts";
import { s3 } from "./stores/s3.ts";
import { connect, temporaryFolder } from "./support.ts";

const run = promisify(execFile);
const csv = "person,pet\njerry,fish\nbarbara,cat\n";

/** Runs a script in an application folder that has conn's packages installed, as they are built. */
async function script(body: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const folder = await temporaryFolder();
  const install = async (name: string, source: string): Promise<void> => {
    const target = join(folder, "node_modules", name);
    await mkdir(dirname(target), { recursive: true });
    await symlink(source, target);
  };
  for (const name of ["core", "files"])
    await install(`@conn/${name}`, join(import.meta.dirname, "../..", name));
  const dependencies = { "@conn/core": "*", "@conn/files": "*" };
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module", dependencies }));
  await writeFile(join(folder, "pets.csv"), csv);
  await writeFile(join(folder, "main.mjs"), body);
  const { stdout } = await run(process.execPath, ["main.mjs"], {
    cwd: folder,
    env: { ...process.env, ...env },
    timeout: 20_000,
  });
  return stdout;
}

/** A bucket with the pets in it: its name. */
async function bucketOf(store: RunningStore): Promise<string> {
  const place = (await store.place()) as { readonly root: string };
  const [scheme, , bucket] = place.root.split("/");
  const conn = await connect({ ...place, root: `${scheme}//${bucket}` });
  await conn.write("pets.csv", csv);
  return bucket!;
}

const awsVariables = ({ endpoint }: RunningStore): NodeJS.ProcessEnv => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_ACCESS_KEY_ID: "jerry",
  AWS_SECRET_ACCESS_KEY: "the-secret-of-jerry",
});

const program = (name: string, path: string): string => `
  import { connection } from "@conn/core";
  const conn = await connection("${name}", { type: "files" });
  const pets = await conn.read("${path}", { format: "csv", ttl: 600 });
  console.log(JSON.stringify(pets), (await conn.read("${path}", { format: "csv", ttl: 600 })).meta.cached);
`;
const printed = '[{"person":"jerry","pet":"fish"},{"person":"barbara","pet":"cat"}] true\n';

it("reads a file of this machine, and the process ends by itself", async () => {
  expect(await script(program("files", "pets.csv"))).toBe(printed);
});

// The SDKs of S3 and Google, and their servers, ask for Node 22.
it.runIf(running(s3).length)("reads from S3 by what AWS's own variables say", async () => {
  await using store = await s3.start();
  const env = awsVariables(store);
  const path = `${await bucketOf(store)}/pets.csv`;
  expect(await script(program("s3", path), env)).toBe(printed);
  expect(await script(program("anything", `s3://${path}`), env)).toBe(printed);
});

// As above.
it.runIf(running(gcs).length)("reads from Google by what its own variables say", async () => {
  await using store = await gcs.start();
  const env = { STORAGE_EMULATOR_HOST: store.endpoint };
  const path = `${await bucketOf(store)}/pets.csv`;
  expect(await script(program("gcs", path), env)).toBe(printed);
});

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
// Node's own requests know proxies since then; the SDKs ask for Node 22, as above.
const knowsProxies = major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21);

/** A proxy that hands plain requests on, and the addresses that it was asked for. */
async function proxy(): Promise<{ readonly env: NodeJS.ProcessEnv; readonly seen: string[] }> {
  const seen: string[] = [];
  const forward = (incoming: IncomingMessage, response: ServerResponse): void => {
    seen.push(incoming.url!);
    get(incoming.url!, { headers: incoming.headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
  };
  const server = await scriptedServer(Array.from({ length: 10 }, () => forward));
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { env: { HTTP_PROXY: server.url, NO_PROXY: "", no_proxy: "" }, seen };
}

it.runIf(running(gcs).length && knowsProxies)("reads from Google through a proxy", async () => {
  await using store = await gcs.start();
  const { env, seen } = await proxy();
  const path = `${await bucketOf(store)}/pets.csv`;
  const more = { STORAGE_EMULATOR_HOST: store.endpoint };
  expect(await script(program("gcs", path), { ...env, ...more })).toBe(printed);
  expect(seen).toEqual([expect.stringContaining(`${store.endpoint}/b/`)]);
});

it.runIf(running(s3).length && knowsProxies)("reads from S3 through a proxy", async () => {
  await using store = await s3.start();
  const { env, seen } = await proxy();
  const path = `${await bucketOf(store)}/pets.csv`;
  const more = awsVariables(store);
  expect(await script(program("s3", path), { ...env, ...more })).toBe(printed);
  expect(seen).toEqual([expect.stringContaining(`${store.endpoint}/${path}`)]);
});

it.runIf(running(azure).length)("reads from Azure through a proxy", async () => {
  await using store = await azure.start();
  const { env, seen } = await proxy();
  const path = `${await bucketOf(store)}/pets.csv`;
  const { account, accountKey } = (await store.place()) as Record<"account" | "accountKey", string>;
  const more = {
    AZURE_STORAGE_CONNECTION_STRING: `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};BlobEndpoint=${store.endpoint}/${account};`,
  };
  expect(await script(program("azure", path), { ...env, ...more })).toBe(printed);
  expect(seen).toEqual([expect.stringContaining(`${store.endpoint}/`)]);
});
