import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { ConnError } from "@conn/core";

/** Addresses where clouds hand out the machine's own credentials to whoever asks. */
const linkLocal = new BlockList();
linkLocal.addSubnet("169.254.0.0", 16, "ipv4");
linkLocal.addSubnet("fe80::", 10, "ipv6");
// AWS over IPv6, Alibaba, Azure's wire server.
linkLocal.addAddress("fd00:ec2::254", "ipv6");
linkLocal.addAddress("100.100.100.200", "ipv4");
linkLocal.addAddress("168.63.129.16", "ipv4");

const metadataNames = /^(metadata|instance-data|metadata\.google\.internal|metadata\.goog)\.?$/i;

/** Why an endpoint is refused as it is written, or undefined. */
export function checkEndpoint(endpoint: string, allowLinkLocal: boolean): string | undefined {
  if (!URL.canParse(endpoint))
    return 'not an address: write for example "https://storage.example.com"';
  const { protocol, username, password, hostname, hash, search } = new URL(endpoint);
  if (protocol !== "https:" && protocol !== "http:")
    return "an address starts with https:// or http://";
  if (username !== "" || password !== "") return "credentials do not belong into the address";
  if (hash !== "" || search !== "") return "an address has no query";
  if (allowLinkLocal) return undefined;
  // The URL has made an ordinary address of decimal, octal and hexadecimal ones.
  return isForbidden(hostname) || metadataNames.test(hostname) ? forbidden : undefined;
}

const forbidden =
  "this is a link-local or metadata address, which gives away the machine's own credentials; `allowLinkLocal = true` if it is meant";

/** Refuses an endpoint whose name leads to such an address. @throws CONN_CONFIG. */
export async function checkEndpointAddress(
  endpoint: string,
  allowLinkLocal: boolean,
  connection: string,
): Promise<void> {
  const host = bare(new URL(endpoint).hostname);
  if (allowLinkLocal || isIP(host) !== 0) return;
  // A name that is not known, or not now, fails where it is used, in words that say so.
  const addresses = await lookup(host, { all: true }).catch(() => []);
  if (!addresses.some(({ address }) => isForbidden(address))) return;
  throw new ConnError(
    "CONN_CONFIG",
    `${connection}: \`endpoint\` leads to a link-local or metadata address.`,
    {
      connection,
      operation: "open",
      hint: "Correct the address; `allowLinkLocal = true` if it is meant.",
    },
  );
}

function isForbidden(host: string): boolean {
  const address = bare(host);
  const version = isIP(address);
  // BlockList takes ::ffff:a.b.c.d for the IPv4 address that it is.
  return version !== 0 && linkLocal.check(address, version === 4 ? "ipv4" : "ipv6");
}

function bare(host: string): string {
  return host.replace(/^\[|\]$/g, "").replace(/%.*$/, "");
}
