/**
 * What a connection to another place of files is built on: a `FileStore` that speaks to it, `Paths` that
 * read its addresses, and a class below `FileStoreConnection`.
 */
export { Asking, type Pace } from "./asking.ts";
export type { Writing } from "./body.ts";
export type { Calls } from "./calls.ts";
export { type OnProgress, type Progress, stream } from "./download.ts";
export { forEach } from "./each.ts";
export { checkEndpoint, checkEndpointAddress } from "./endpoint.ts";
export {
  explain,
  type Failure,
  type FailureKind,
  kindOfStatus,
  retryAfter,
  StoreFailure,
} from "./failure.ts";
export { compileGlob, type Glob, splitGlob } from "./glob.ts";
export type { FileInfo, FolderInfo, WriteResult } from "./info.ts";
export { everyFileOf } from "./listing.ts";
export { writeAtomically } from "./local/write.ts";
export { addressOf, type Location, type PathPattern, type Paths } from "./location.ts";
export type * from "./options.ts";
export { checkText, shorten } from "./path-rules.ts";
export { progressOf, splitReading } from "./reading.ts";
export type {
  Body,
  ByteRange,
  FileStore,
  ListPage,
  ListQuery,
  StoreCopy,
  StoredEntry,
  StoredFile,
  StoreWords,
  StoreWrite,
  WholeFile,
} from "./store.ts";
export { FileStoreConnection, type Place } from "./store-connection.ts";
export { Stores } from "./stores.ts";
export { readDataset } from "./tables.ts";
export { bytesToWrite, repeatedUnder } from "./writing.ts";
