import type { HfConnection } from "./connection.ts";

export type { Hub, HubClient } from "./client.ts";
export type { CommitOptions } from "./commit.ts";
export type { HfConfig } from "./config.ts";
export { HfConnection, type Info } from "./connection.ts";
export type { Found, RepositoryInfo } from "./info.ts";
export type {
  DownloadOptions,
  HfDeleteOptions,
  HfWriteOptions,
  InfoOptions,
  ReadDatasetOptions,
  SearchOptions,
  UploadOptions,
  UploadResult,
} from "./options.ts";
export type { RepositoryKind } from "./repository.ts";

declare module "@conn/core" {
  interface ConnectionTypes {
    hf: HfConnection;
  }
}
