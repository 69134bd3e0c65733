import type { LocalClient } from "./local/store.ts";

/** The SDKs' own clients, by protocol. Their packages are optional: without one, its type is `any`. */
export interface FilesClients {
  file: LocalClient;
  /** @ts-ignore -- the package may not be installed */
  s3: import("@aws-sdk/client-s3").S3Client;
  /** @ts-ignore -- the package may not be installed */
  gs: import("@google-cloud/storage").Storage;
  /** @ts-ignore -- the package may not be installed */
  az: import("@azure/storage-blob").BlobServiceClient;
}
