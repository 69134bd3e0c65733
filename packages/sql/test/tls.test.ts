import { writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SQLConnection } from "../src/index.ts";
import { type Certificates, makeCertificates } from "./servers/certificates.ts";
import { engines } from "./servers/engines.ts";
import { startMariadb } from "./servers/mariadb.ts";
import { startPostgres } from "./servers/postgres.ts";
import type { TestServer } from "./servers/server.ts";
import { startTdsServer } from "./servers/tds.ts";
import { connect, failure, temporaryFile } from "./support.ts";

const kinds = ["good", "foreign", "expired"] as const;

describe.each([
  {
    name: "postgres",
    start: startPostgres,
    encrypted: "select ssl as on from pg_stat_ssl where pid = pg_backend_pid()",
    yes: true,
  },
  {
    name: "mariadb",
    start: startMariadb,
    encrypted:
      "select variable_value <> '' as `on` from information_schema.session_status where variable_name = 'Ssl_cipher'",
    yes: 1,
  },
  ...(engines.some(({ name }) => name === "mssql")
    ? [
        {
          name: "mssql",
          start: startTdsServer,
          encrypted:
            "select encrypt_option as [on] from sys.dm_exec_connections where session_id = @@spid",
          yes: "TRUE",
        },
      ]
    : []),
])("TLS towards $name", ({ start, encrypted, yes }) => {
  let certificates: Certificates;
  let servers: Record<(typeof kinds)[number], TestServer>;

  beforeAll(async () => {
    certificates = await makeCertificates();
    const started = await Promise.all(kinds.map((kind) => start(certificates[kind])));
    servers = { good: started[0]!, foreign: started[1]!, expired: started[2]! };
  });
  afterAll(() => Promise.all(kinds.map((kind) => servers[kind].stop())));

  const open = (kind: keyof typeof servers, ssl: unknown): Promise<SQLConnection> =>
    connect({ url: servers[kind].url, ssl });

  test("takes the authority as text or as a file, and encrypts", async () => {
    const file = await temporaryFile("ca.pem");
    await writeFile(file, certificates.ca);
    // As a variable of the environment often has it.
    const escaped = certificates.ca.replaceAll("\n", String.raw`\n`);
    for (const ca of [certificates.ca, file, escaped]) {
      const conn = await open("good", { ca });
      expect((await conn.query(encrypted, { ttl: 0 })).at(0)).toEqual({ on: yes });
    }
  });

  test("refuses what would be passed over: a file without a certificate, and half of a login", async () => {
    const file = await temporaryFile("ca.pem");
    await writeFile(file, certificates.good.key);
    const { cert, key } = certificates.good;
    for (const ssl of [{ ca: file }, { cert }, { key }, { cert: key, key }]) {
      const error = await failure((await open("good", ssl)).client());
      expect(error).toMatchObject({ code: "CONN_CONFIG", hint: expect.any(String) as string });
      expect(error.message).not.toContain(key.split("\n")[1]);
    }
  });

  test("is checked step by step", async () => {
    const { ok, stages } = await (await open("good", { ca: certificates.ca })).check();
    expect(stages.map(({ name }) => name)).toEqual(["tcp", "tls", "login", "ping"]);
    expect(ok).toBe(true);
  });

  test.each<[keyof typeof servers, object | true, RegExp]>([
    ["good", true, /self.signed|unable to (get|verify)/i],
    ["foreign", {}, /does not match|altnames/i],
    ["expired", {}, /expired/i],
  ])(
    "a server with a certificate that is %s, with %j, gets no password",
    async (kind, ssl, why) => {
      const conn = await open(kind, ssl === true ? true : { ca: certificates.ca });
      expect(await failure(conn.client())).toMatchObject({
        code: "CONN_OPEN",
        message: expect.stringMatching(why) as string,
        hint: expect.any(String) as string,
      });
      const { ok, stages } = await conn.check();
      expect(ok).toBe(false);
      expect(stages.at(-1)).toMatchObject({ name: "tls", ok: false, error: { code: "CONN_OPEN" } });
      expect(stages.at(-1)?.error?.message).toMatch(why);
    },
  );

  test("takes a certificate for another name where `servername` says it", async () => {
    const ssl = { ca: certificates.ca, servername: "pets.invalid" };
    const conn = await open("foreign", ssl);
    expect((await conn.query(encrypted, { ttl: 0 })).at(0)).toEqual({ on: yes });
    expect(await conn.check()).toMatchObject({ ok: true });
  });

  test("does not look at certificates where `rejectUnauthorized` is off", async () => {
    const conn = await open("expired", { rejectUnauthorized: false });
    expect((await conn.query(encrypted, { ttl: 0 })).at(0)).toEqual({ on: yes });
    expect(await conn.check()).toMatchObject({ ok: true });
  });
});
