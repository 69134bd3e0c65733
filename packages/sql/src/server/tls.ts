import { readFile } from "node:fs/promises";
import type { ConnectionOptions } from "node:tls";
import type { TlsSettings } from "../config.ts";

/**
 * TLS with verification towards every host but this one, unless the settings say otherwise; undefined
 * for none. What is asked for is never given up: a server without TLS is an error.
 */
export async function tlsOptions(
  host: string,
  ssl: boolean | TlsSettings | undefined,
): Promise<ConnectionOptions | undefined> {
  if (ssl === false || (ssl === undefined && isLocal(host))) return undefined;
  const { ca, cert, key, rejectUnauthorized = true, servername } = ssl === true ? {} : (ssl ?? {});
  return {
    rejectUnauthorized,
    ...(ca === undefined ? {} : { ca: await textOf(ca) }),
    ...(cert === undefined ? {} : { cert: await textOf(cert) }),
    ...(key === undefined ? {} : { key: await textOf(key) }),
    ...(servername === undefined ? {} : { servername }),
  };
}

/** This machine: its names and addresses, and the folder of a unix socket. */
export function isLocal(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|::1|\/.*)$/i.test(host);
}

/** A certificate or key as it stands in the settings, or out of the file that they name. */
async function textOf(value: string): Promise<string> {
  return value.includes("-----BEGIN") ? value : readFile(value, "utf8");
}
