/**
 * What a connection to another place of files is built on: a `FileStore` that speaks to it, `Paths` that
 * read its addresses, and a class below `FileStoreConnection`.
 */
export type { Asking, Pace } from "./asking.ts";
export { bodyOf, contentTypeOf, type Writing } from "./body.ts";
export type { Calls } from "./calls.ts";
export { stream } from "./download.ts";
export { checkEndpoint, checkEndpointAddress } from "./endpoint.ts";
export {
  type Failure,
  type FailureKind,
  kindOfStatus,
  retryAfter,
  StoreFailure,
} from "./failure.ts";
export { compileGlob, type Glob, splitGlob } from "./glob.ts";
export { addressOf, type Location, type PathPattern, type Paths } from "./location.ts";
export { checkText } from "./path-rules.ts";
export { pinned, progressOf } from "./reading.ts";
export type {
  Body,
  ByteRange,
  FileStore,
  ListPage,
  ListQuery,
  StoredEntry,
  StoredFile,
  StoreWords,
  StoreWrite,
} from "./store.ts";
export { FileStoreConnection, type Place } from "./store-connection.ts";
export { Stores } from "./stores.ts";
