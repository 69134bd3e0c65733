import type { StoreWords } from "./store.ts";

/** Where files are: this machine, Amazon S3 and its likes, Google Cloud Storage, Azure Blob Storage. */
export type Protocol = "file" | "s3" | "gs" | "az";

/** Every way to write a protocol, in a path, as the setting `protocol`, and as a connection's name. */
const protocols: Readonly<Record<string, Protocol>> = {
  file: "file",
  local: "file",
  s3: "s3",
  gs: "gs",
  gcs: "gs",
  az: "az",
  azure: "az",
};

export const protocolNames: readonly string[] = Object.keys(protocols);

export function protocolOf(name: string): Protocol | undefined {
  return Object.hasOwn(protocols, name) ? protocols[name] : undefined;
}

/** Each store in words. */
export const words: Readonly<Record<Protocol, StoreWords>> = {
  file: {
    title: "This machine",
    container: "folder",
    file: "file",
    credentials: "Check the permissions of the path.",
    login: "Check the permissions of the path.",
    permissions: "Check the permissions of the path.",
  },
  s3: {
    title: "S3",
    container: "bucket",
    file: "object",
    credentials:
      "Run `aws configure`, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give `accessKeyId` and `secretAccessKey` in the section; `anonymous = true` for a public bucket.",
    login: "Log in again: `aws sso login`, or set a new session token.",
    permissions:
      "Have s3:GetObject, s3:PutObject, s3:DeleteObject or s3:ListBucket granted, as the operation needs. Without s3:ListBucket an object that does not exist is forbidden too.",
  },
  gs: {
    title: "Google Cloud Storage",
    container: "bucket",
    file: "object",
    credentials:
      "Run `gcloud auth application-default login`, set GOOGLE_APPLICATION_CREDENTIALS, or give `keyFile` in the section; `anonymous = true` for a public bucket.",
    login: "Log in again: `gcloud auth application-default login`.",
    permissions:
      "Have the role Storage Object Viewer (to read) or Storage Object Admin (to write) granted on the bucket.",
  },
  az: {
    title: "Azure Blob Storage",
    container: "container",
    file: "blob",
    credentials:
      "Run `az login`, set AZURE_STORAGE_CONNECTION_STRING, or give `connectionString` in the section; `anonymous = true` for a public container.",
    login: "Log in again: `az login`, or make a new SAS token.",
    permissions:
      "Have the role Storage Blob Data Reader (to read) or Storage Blob Data Contributor (to write) granted on the container.",
  },
};
