import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { closeAll, connection } from "@conn/core";
import { expect, onTestFinished, test, vi } from "vitest";
import { SQLConnection } from "../src/index.ts";
import { engines, urlOf } from "./servers/engines.ts";
import { connect, temporaryFile } from "./support.ts";

const mariadb = engines.find(({ name }) => name === "mariadb")!;

test("a password that was rotated is read again when the server refuses the old one", async () => {
  const home = dirname(await temporaryFile());
  vi.spyOn(process, "cwd").mockReturnValue(home);
  vi.stubEnv("HOME", home);
  onTestFinished(async () => {
    await closeAll();
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });
  const admin = await connect({ url: urlOf(mariadb) });
  const user = `barbara_${process.pid}`;
  await admin.execute(`create user ${user} identified by 'the first password'`);
  onTestFinished(async () => {
    await (await connect({ url: urlOf(mariadb) })).execute(`drop user ${user}`);
  });
  const { host } = new URL(urlOf(mariadb));
  const text = `[connections.pet_db]\nurl = "mysql://${user}@${host}"\npassword = { env = "PET_PASSWORD" }\n`;
  await mkdir(join(home, ".conn"));
  await writeFile(join(home, ".conn/secrets.toml"), text, { mode: 0o600 });
  vi.stubEnv("PET_PASSWORD", "the first password");

  const conn = await connection("pet_db", { type: SQLConnection });
  expect((await conn.query("select 1 as n")).length).toBe(1);
  await admin.execute(`alter user ${user} identified by 'the second password'`);
  vi.stubEnv("PET_PASSWORD", "the second password");
  // The pool has one connection that is still logged in; the second has to log in anew.
  await using session = await conn.session();
  expect((await session.query("select 1 as n")).length).toBe(1);
  expect((await conn.query("select 2 as n")).length).toBe(1);
});
