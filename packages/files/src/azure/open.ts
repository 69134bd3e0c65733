import type { BlobServiceClient, StoragePipelineOptions } from "@azure/storage-blob";
import { ConnError, registerSecret } from "@conn/core";
import { importOptional } from "@conn/core/toolkit";
import type { FilesConfig } from "../config.ts";
import { checkEndpoint } from "../endpoint.ts";
import { AzureStore } from "./store.ts";

export type AzureSdk = typeof import("@azure/storage-blob");

type Env = Readonly<Record<string, string | undefined>>;

// The pipeline knows `redirectOptions`; the storage package's type of its options does not.
const options: StoragePipelineOptions & {
  readonly redirectOptions: { readonly maxRetries: number };
} = {
  // Requests are repeated here, within one budget for all of them.
  retryOptions: { maxTries: 1 },
  // Credentials are not sent on to an address that nobody configured.
  redirectOptions: { maxRetries: 0 },
};

/** Opens Azure Blob Storage: by the section, else by Azure's own variables, else by Azure's login. */
export async function openAzure(config: FilesConfig, connection: string): Promise<AzureStore> {
  const sdk = await load<AzureSdk>("@azure/storage-blob", "Azure Blob Storage", connection);
  return new AzureStore(sdk, await serviceOf(sdk, config, connection, process.env));
}

async function serviceOf(
  sdk: AzureSdk,
  config: FilesConfig,
  connection: string,
  env: Env,
): Promise<BlobServiceClient> {
  const { connectionString, account, endpoint, allowLinkLocal } = config;
  const said = account !== undefined || endpoint !== undefined;
  const string = connectionString ?? (said ? undefined : env["AZURE_STORAGE_CONNECTION_STRING"]);
  if (string !== undefined) {
    keepSecret(string);
    const address = /(?:^|;)BlobEndpoint=([^;]+)/i.exec(string)?.[1];
    const why = address === undefined ? undefined : checkEndpoint(address, allowLinkLocal);
    if (why !== undefined) throw unusable(connection, `its BlobEndpoint cannot be used: ${why}`);
    try {
      return sdk.BlobServiceClient.fromConnectionString(string, options);
    } catch {
      // Its message may quote the string.
      throw unusable(connection, "the connection string cannot be read");
    }
  }
  const name = account ?? env["AZURE_STORAGE_ACCOUNT"];
  if (name === undefined && endpoint === undefined)
    throw unusable(connection, "no storage account is known");
  const address = endpoint ?? `https://${name}.blob.core.windows.net`;
  return withCredentials(sdk, address, name, config, connection, env);
}

async function withCredentials(
  sdk: AzureSdk,
  address: string,
  account: string | undefined,
  config: FilesConfig,
  connection: string,
  env: Env,
): Promise<BlobServiceClient> {
  const key = config.accountKey ?? env["AZURE_STORAGE_KEY"];
  const token = config.sasToken ?? env["AZURE_STORAGE_SAS_TOKEN"];
  if (config.anonymous) return new sdk.BlobServiceClient(address, undefined, options);
  if (key !== undefined && account !== undefined) {
    registerSecret(key);
    const credential = new sdk.StorageSharedKeyCredential(account, key);
    return new sdk.BlobServiceClient(address, credential, options);
  }
  if (token !== undefined) {
    keepSecret(token);
    return new sdk.BlobServiceClient(`${address}?${token.replace(/^\?/, "")}`, undefined, options);
  }
  const { DefaultAzureCredential } = await load<typeof import("@azure/identity")>(
    "@azure/identity",
    "Azure's own login",
    connection,
  );
  return new sdk.BlobServiceClient(address, new DefaultAzureCredential(), options);
}

/** The whole, and the parts of it that open the door. */
function keepSecret(text: string): void {
  registerSecret(text);
  for (const [, key] of text.matchAll(/(?:AccountKey|sig)=([^;&]+)/gi)) registerSecret(key!);
}

function unusable(connection: string, why: string): ConnError {
  return new ConnError("CONN_CONFIG", `${connection} cannot open Azure Blob Storage: ${why}.`, {
    connection,
    operation: "open",
    hint: "Give `account`, or `connectionString`, in the section, or set AZURE_STORAGE_CONNECTION_STRING.",
  });
}

// A name in a variable, so that bundlers leave the optional package out.
function load<T>(packageName: string, needed: string, connection: string): Promise<T> {
  return importOptional(async () => (await import(packageName)) as T, {
    packageName,
    needed,
    connection,
  });
}
