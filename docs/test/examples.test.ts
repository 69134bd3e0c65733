import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "ldapts";
import { createClient } from "redis";
import { expect, it } from "vitest";
import { admin, base, directory } from "../write-a-plugin/examples/ldap/server.ts";
import { redisServer } from "../write-a-plugin/examples/redis/server.ts";
import { run } from "./run.ts";

const guide = join(import.meta.dirname, "../write-a-plugin");

it("prints from Redis what the guide shows", async () => {
  await using server = await redisServer();
  const client = createClient({ url: server.url });
  await client.connect();
  await client.hSet("pet:jerry", { pet: "fish" });
  await client.hSet("pet:barbara", { pet: "cat" });
  client.destroy();
  await expectShown("redis", { CONN_PETS__URL: server.url });
});

it("prints from the directory what the guide shows", async () => {
  await using server = await directory();
  const client = new Client({ url: server.url });
  await client.bind(admin.user, admin.password);
  await client.add(base, { objectClass: ["dcObject", "organization"], dc: "example", o: "Pets" });
  const pets = { jerry: "fish", barbara: ["cat", "kitten"], alex: "puppy" };
  for (const [uid, description] of Object.entries(pets)) {
    const entry = { objectClass: "inetOrgPerson", uid, cn: uid, sn: uid, description };
    await client.add(`uid=${uid},${base}`, entry);
  }
  await client.unbind();
  await expectShown("ldap", {
    CONN_OWNERS__URL: server.url,
    CONN_OWNERS__BASE: base,
    CONN_OWNERS__USER: admin.user,
    CONN_OWNERS__PASSWORD: admin.password,
  });
});

/** Runs the application of an example; the first block of text on its page is what it prints. */
async function expectShown(name: string, settings: Record<string, string>): Promise<void> {
  const app = join(guide, "examples", name, "app.ts");
  const { code, output } = await run(process.execPath, ["--conditions=conn:source", app], {
    cwd: guide,
    env: { ...process.env, ...settings },
  });
  const page = await readFile(join(guide, `${name}.md`), "utf8");
  expect([code, output]).toEqual([0, /^```text\n([^]*?)^```$/m.exec(page)?.[1]]);
}
