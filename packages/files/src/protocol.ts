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

/** Words for messages. */
export const titles: Readonly<
  Record<Protocol, { readonly title: string; readonly container: string; readonly file: string }>
> = {
  file: { title: "This machine", container: "folder", file: "file" },
  s3: { title: "S3", container: "bucket", file: "object" },
  gs: { title: "Google Cloud Storage", container: "bucket", file: "object" },
  az: { title: "Azure Blob Storage", container: "container", file: "blob" },
};
