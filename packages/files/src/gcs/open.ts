import type { Storage, StorageOptions } from "@google-cloud/storage";
import { importOptional } from "@conn/core/toolkit";
import type { FilesConfig } from "../config.ts";
import { GcsApi } from "./api.ts";
import { GcsStore } from "./store.ts";

/** Opens Google Cloud Storage. What the section does not say stays the SDK's to find. */
export async function openGCS(config: FilesConfig, connection: string): Promise<GcsStore> {
  // A name in a variable, so that bundlers leave the optional package out.
  const packageName = "@google-cloud/storage";
  const sdk = await importOptional(
    async () => (await import(packageName)) as { readonly Storage: typeof Storage },
    { packageName, needed: "Google Cloud Storage", connection },
  );
  const storage = withoutAdvice(() => new sdk.Storage(storageOptions(config)));
  return new GcsStore(storage, new GcsApi(storage, needsLogin(config)), config.projectId);
}

/** The SDK's options that follow from a section. */
export function storageOptions(config: FilesConfig): StorageOptions {
  const { endpoint, projectId, keyFile, client_email, private_key, project_id } = config;
  const project = projectId ?? project_id;
  return {
    // Requests are repeated here, within one budget for all of them.
    retryOptions: { autoRetry: false, maxRetries: 0 },
    ...(project !== undefined && { projectId: project }),
    ...(keyFile !== undefined && { keyFilename: keyFile }),
    ...(client_email !== undefined &&
      private_key !== undefined && { credentials: { client_email, private_key } }),
    ...(endpoint !== undefined && {
      apiEndpoint: endpoint,
      useAuthWithCustomEndpoint: needsLogin(config),
    }),
  };
}

/** Another server than Google's gets credentials only where the section has some. */
function needsLogin({ anonymous, endpoint, keyFile, client_email }: FilesConfig): boolean {
  if (anonymous) return false;
  const custom = endpoint ?? process.env["STORAGE_EMULATOR_HOST"];
  return custom === undefined || keyFile !== undefined || client_email !== undefined;
}

/**
 * Google's library advises against keys on the terminal of whoever uses one, and its own way to hand one
 * over cannot sign. Synchronous, so that nobody else's message meets the filter.
 */
function withoutAdvice<T>(make: () => T): T {
  const { warn } = console;
  console.warn = (...message: unknown[]): void => {
    if (!/option is deprecated/.test(String(message[0]))) warn(...message);
  };
  try {
    return make();
  } finally {
    console.warn = warn;
  }
}
