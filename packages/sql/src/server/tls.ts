import { readFile } from "node:fs/promises";
import type { ConnectionOptions } from "node:tls";
import { ConnError } from "@conn/core";
import type { TlsSettings } from "../config.ts";
import { layersOf } from "../dialect-errors.ts";

/**
 * TLS with verification towards every host but this one, unless the settings say otherwise; undefined
 * for none. What is asked for is never given up: a server without TLS is an error.
 */
export async function tlsOptions(
  host: string,
  ssl: boolean | TlsSettings | undefined,
): Promise<ConnectionOptions | undefined> {
  if (ssl === false || (ssl === undefined && isLocal(host))) return undefined;
  const { rejectUnauthorized = true, servername, ...files } = ssl === true ? {} : (ssl ?? {});
  const { ca, cert, key } = files;
  if ((cert === undefined) !== (key === undefined)) {
    const [given, missing] = cert === undefined ? ["key", "cert"] : ["cert", "key"];
    throw new ConnError("CONN_CONFIG", `\`ssl\` has \`${given}\` without \`${missing}\`.`, {
      hint: "A login by certificate takes both; `ca` alone is for the server's.",
    });
  }
  return {
    rejectUnauthorized,
    ...(ca === undefined ? {} : { ca: await textOf("ca", ca, "CERTIFICATE") }),
    ...(cert === undefined ? {} : { cert: await textOf("cert", cert, "CERTIFICATE") }),
    ...(key === undefined ? {} : { key: await textOf("key", key, "PRIVATE KEY") }),
    ...(servername === undefined ? {} : { servername }),
  };
}

/** This machine: its names and addresses, and the folder of a unix socket. */
export function isLocal(host: string): boolean {
  return /^(localhost|127(\.\d+){3}|::1|\/.*)$/i.test(host);
}

/** What to do about a TLS connection that did not come to be; any other failure is returned as it is. */
export function explainTls(error: unknown, connection: string): unknown {
  const layers = [...layersOf(error)] as { code?: unknown; message?: unknown }[];
  const hint = layers.some(({ message }) => noTls.test(String(message)))
    ? "The server speaks no TLS. Turn it on there; or, where the network between is trusted, set `ssl = false`."
    : layers
        .map(({ code, message }) => hintFor(`${String(code)} ${String(message)}`))
        .find(Boolean);
  if (hint === undefined) return error;
  return new ConnError(
    "CONN_OPEN",
    `${connection} could not be opened: ${String(layers.at(-1)!.message)}`,
    { connection, operation: "open", cause: error, hint },
  );
}

const noTls = /does not support (SSL|secure) connection|did not negotiate encryption/i;

/** By Node's codes, or by the words, where a driver has put a code of its own. https://nodejs.org/api/tls.html#x509-certificate-error-codes */
function hintFor(failure: string): string | undefined {
  if (/ERR_TLS_CERT_ALTNAME|does not match certificate/i.test(failure))
    return 'The certificate is for another host: correct `host`, or say which name it has: ssl = { servername = "NAME" }';
  if (/CERT_HAS_EXPIRED|certificate has expired/i.test(failure))
    return "The server's certificate has expired: renew it there.";
  if (/key values mismatch/i.test(failure))
    return "`ssl.cert` and `ssl.key` do not belong together.";
  if (/bad decrypt|bad password read|interrupted or cancelled/i.test(failure))
    return "`ssl.key` asks for a passphrase: write it without one, openssl pkey -in KEY -out PLAIN";
  if (
    /alert (unknown ca|bad certificate|certificate (required|unknown|expired|revoked)|handshake)/i.test(
      failure,
    )
  )
    return "The server takes no such client certificate: check `ssl.cert` and `ssl.key`.";
  return /SELF_SIGNED|UNABLE_TO_|CERT_|self.signed certificate|unable to (get|verify)/i.test(
    failure,
  )
    ? 'Give the certificate of the authority that the server\'s was signed by: ssl = { ca = "/path/ca.pem" }'
    : undefined;
}

/**
 * A certificate or key as it stands in the settings, or out of the file that they name. One that holds
 * none would be passed over without a word.
 *
 * @throws CONN_CONFIG
 */
async function textOf(name: string, value: string, what: string): Promise<string> {
  const inSettings = value.includes("-----BEGIN");
  // Variables of the environment often have their line breaks written out.
  const text = inSettings ? value.replaceAll(String.raw`\n`, "\n") : await readFile(value, "utf8");
  if (text.includes(`${what}-----`)) return text;
  throw new ConnError(
    "CONN_CONFIG",
    `\`ssl.${name}\` ${inSettings ? "is" : "is a file with"} no ${what.toLowerCase()} in PEM.`,
    { hint: `It begins with "-----BEGIN ${what}-----".` },
  );
}
