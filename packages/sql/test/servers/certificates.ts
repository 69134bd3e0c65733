import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A server's certificate and its key, as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  /** The certificate of the authority that signed all of them. */
  readonly ca: string;
  /** For localhost and its address. */
  readonly good: Certificate;
  /** For another host. */
  readonly foreign: Certificate;
  /** Since yesterday. */
  readonly expired: Certificate;
}

/** An authority of its own, and what it has signed. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), "conn-certificates-"));
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
  };
  const read = (name: string): Promise<string> => readFile(join(folder, name), "utf8");
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const sign = async (name: string, hosts: string, days: number): Promise<Certificate> => {
    await writeFile(join(folder, `${name}.ext`), `subjectAltName=${hosts}`);
    openssl("req", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", "/CN=pets");
    openssl(
      "x509",
      "-req",
      "-in",
      `${name}.csr`,
      "-CA",
      "ca.pem",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-days",
      String(days),
      "-extfile",
      `${name}.ext`,
      "-out",
      `${name}.pem`,
    );
    return { cert: await read(`${name}.pem`), key: await read(`${name}.key`) };
  };
  try {
    const self = ["-x509", "-days", "2", "-subj", "/CN=The pets' own authority"];
    openssl("req", ...self, ...newKey, "-keyout", "ca.key", "-out", "ca.pem");
    return {
      ca: await read("ca.pem"),
      good: await sign("good", "DNS:localhost,IP:127.0.0.1", 2),
      foreign: await sign("foreign", "DNS:pets.invalid", 2),
      expired: await sign("expired", "DNS:localhost,IP:127.0.0.1", -1),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}
