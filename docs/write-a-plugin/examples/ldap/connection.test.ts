import { fileURLToPath } from "node:url";
import { connection } from "@conn/core";
import { conform, values } from "@conn/testing";
import { Attribute, Client, EqualityFilter } from "ldapts";
import { afterAll, expect, test } from "vitest";
import { LdapConnection } from "./connection.ts";
import { admin, base, directory } from "./server.ts";

const server = await directory();
afterAll(() => server[Symbol.asyncDispose]());

const client = new Client({ url: server.url });
await client.bind(admin.user, admin.password);
await client.add(base, { objectClass: ["dcObject", "organization"], dc: "example", o: "Pets" });
const pets = { jerry: ["fish"], barbara: ["cat", "kitten"], alex: [values.text] };
for (const [uid, description] of Object.entries(pets)) {
  const attributes = { objectClass: ["inetOrgPerson"], uid, cn: uid, sn: uid, description };
  await client.add(
    `uid=${uid},${base}`,
    Object.entries({ ...attributes, audio: Buffer.from(values.bytes) }).map(
      ([type, value]) => new Attribute({ type, values: [value].flat() as string[] }),
    ),
  );
}
await client.unbind();

const config = { url: server.url, base, ...admin };
// What the process of app.ts reads in place of a secrets file.
for (const [name, value] of Object.entries(config))
  process.env[`CONN_OWNERS__${name.toUpperCase()}`] = value;

conform<LdapConnection>(
  {
    type: LdapConnection,
    config,
    package: import.meta.url,
    sample: (conn, options) => conn.query("(uid=*)", options),
    variants: [
      (conn, options) => conn.query("(uid=jerry)", options),
      (conn, options) => conn.query("(uid=*)", { ...options, attributes: ["uid"] }),
      (conn, options) => conn.query("(uid=*)", { ...options, attributes: ["UID", "sn"] }),
    ],
    fails: (conn, options) => conn.query("((uid=", options),
    writes: (conn) => conn.write(`uid=jerry,${base}`, { description: ["fish", "shark"] }),
    network: {
      port: server.port,
      config: ({ host, port }) => ({ ...config, url: `ldap://${host}:${port}` }),
    },
    values: {
      empty: (conn) => conn.query("(uid=nobody)"),
      null: (conn) => cell(conn, "jerry", "mail"),
      bytes: (conn) => cell(conn, "jerry", "audio"),
      text: (conn) => cell(conn, "alex", "description"),
    },
    script: ["--conditions=conn:source", fileURLToPath(new URL("app.ts", import.meta.url))],
  },
  { test },
);

test("a wrong password is told as such", async () => {
  const conn = await connection("owners", {
    type: LdapConnection,
    config: { ...config, password: "not-the-one" },
  });
  await expect(conn.query("(uid=*)")).rejects.toMatchObject({ code: "CONN_AUTH" });
});

test("a value in a filter stays a value", async () => {
  const conn = await connection("owners", { type: LdapConnection, config });
  const filter = new EqualityFilter({ attribute: "uid", value: "*)(uid=*" });
  expect((await conn.query(filter)).length).toBe(0);
});

/** One attribute of one entry. */
async function cell(conn: LdapConnection, uid: string, attribute: string): Promise<unknown> {
  const table = await conn.query(`(uid=${uid})`, { attributes: [attribute] });
  return table.rows().map(({ dn: _dn, ...row }) => row);
}
