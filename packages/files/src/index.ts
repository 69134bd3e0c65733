import type { FilesConnection } from "./connection.ts";

export type { FilesClients } from "./clients.ts";
export type { FilesConfig } from "./config.ts";
export { FilesConnection } from "./connection.ts";
export type { OnProgress, Progress } from "./download.ts";
export type { FileInfo, FolderInfo, WriteResult } from "./info.ts";
export type { LocalClient } from "./local/store.ts";
export type {
  CallOptions,
  Conditions,
  CopyOptions,
  DeleteOptions,
  GlobOptions,
  ListOptions,
  OpenReadOptions,
  OpenWriteOptions,
  ReadBytesOptions,
  ReadJsonOptions,
  ReadTableOptions,
  ReadTextOptions,
  SignOptions,
  StreamOptions,
  WriteOptions,
} from "./options.ts";
export type { Protocol } from "./protocol.ts";
export type { Writing } from "./body.ts";

declare module "@conn/core" {
  interface ConnectionTypes {
    files: FilesConnection;
  }
}
