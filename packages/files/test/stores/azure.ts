import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { BlobServiceClient } from "@azure/storage-blob";
import type { StoreFacts } from "./facts.ts";

/** Azurite's own account, the same everywhere. */
const account = "devstoreaccount1";
const accountKey =
  "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/** Azure Blob Storage as Azurite has it, in a process of its own. */
export const azure: StoreFacts = {
  title: "Azure Blob Storage",
  node: 22,
  keepsTypes: true,
  knowsFolders: false,
  signs: true,
  conditions: true,
  gaps: { "faults.closed": "the SDK shares its sockets among all its clients" },
  names: [
    "a%2e%2e",
    "%2e%2e",
    "a b",
    "a+b",
    "a&b=c",
    "a#b",
    "ä",
    "a\u0308",
    "A",
    "a",
    "CON",
    "q?x",
    "d//e",
  ],
  async start() {
    const require = createRequire(import.meta.url);
    const manifest = require("azurite/package.json") as { bin: Record<string, string> };
    const program = join(
      require.resolve("azurite/package.json"),
      "..",
      manifest.bin["azurite-blob"]!,
    );
    const server = spawn(
      process.execPath,
      [
        program,
        "--blobHost=127.0.0.1",
        "--blobPort=0",
        "--silent",
        "--skipApiVersionCheck",
        "--inMemoryPersistence",
        "--disableTelemetry",
      ],
      { stdio: ["ignore", "pipe", "ignore"] },
    );
    const origin = await new Promise<string>((resolve, reject) => {
      let output = "";
      server.once("exit", () => reject(new Error(`Azurite ended: ${output}`)));
      server.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        const address = /listens on (http:\/\/127\.0\.0\.1:\d+)/.exec(output)?.[1];
        if (address !== undefined) resolve(address);
      });
    });
    const endpoint = `${origin}/${account}`;
    const connectionString = `DefaultEndpointsProtocol=http;AccountName=${account};AccountKey=${accountKey};BlobEndpoint=${endpoint};`;
    const service = BlobServiceClient.fromConnectionString(connectionString);
    let count = 0;
    return {
      endpoint: origin,
      async place(through = origin) {
        const container = `pets-${++count}`;
        await service.createContainer(container);
        return {
          root: `az://${container}/in/side`,
          account,
          accountKey,
          endpoint: `${through}/${account}`,
        };
      },
      async [Symbol.asyncDispose]() {
        server.removeAllListeners("exit");
        server.kill();
        if (server.exitCode === null && server.signalCode === null) await once(server, "exit");
      },
    };
  },
};
