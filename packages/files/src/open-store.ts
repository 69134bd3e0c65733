import type { FilesClients } from "./clients.ts";
import type { FilesConfig } from "./config.ts";
import { checkEndpointAddress } from "./endpoint.ts";
import type { Protocol } from "./protocol.ts";
import type { FileStore } from "./store.ts";

/** What opens a store. Its SDK is imported here, and not before. */
type Open = (config: FilesConfig, connection: string) => Promise<FileStore>;

const openers: Readonly<Record<Protocol, Open>> = {
  file: async ({ root }) => {
    const { LocalStore } = await import("./local/store.ts");
    return new LocalStore(root?.key);
  },
  s3: async (config, connection) => (await import("./s3/open.ts")).openS3(config, connection),
  gs: async (config, connection) => (await import("./gcs/open.ts")).openGCS(config, connection),
  az: async (config, connection) => (await import("./azure/open.ts")).openAzure(config, connection),
};

export async function openStore<P extends Protocol>(
  protocol: P,
  config: FilesConfig,
  connection: string,
): Promise<FileStore<FilesClients[P]>> {
  const { endpoint, allowLinkLocal } = config;
  if (endpoint !== undefined) await checkEndpointAddress(endpoint, allowLinkLocal, connection);
  return (await openers[protocol](config, connection)) as FileStore<FilesClients[P]>;
}
