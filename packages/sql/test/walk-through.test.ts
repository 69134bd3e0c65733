import { connection } from "@conn/core";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { SQLConnection } from "../src/index.ts";
import { failure, temporaryFile } from "./support.ts";

/** The launch post's walk-through, on SQLite, with the class passed as `type`. */
test("connect, query, parameters, ttl, and a session with three inserts and a commit", async () => {
  const path = await temporaryFile();
  const folder = dirname(path);
  await writeFile(join(folder, "package.json"), "{}");
  await mkdir(join(folder, ".conn"));
  await writeFile(
    join(folder, ".conn/secrets.toml"),
    `[connections.pet_db]\nurl = "sqlite:///${path}"\n`,
    { mode: 0o600 },
  );
  const before = process.cwd();
  process.chdir(folder);
  onTestFinished(() => process.chdir(before));

  const conn = await connection("pet_db", { type: SQLConnection });
  onTestFinished(() => conn.close());
  await conn.execute("CREATE TABLE pet_owners (person TEXT, pet TEXT)");
  {
    await using session = await conn.session();
    const petOwners = { jerry: "fish", barbara: "cat", alex: "puppy" };
    for (const [owner, pet] of Object.entries(petOwners)) {
      await session.execute("INSERT INTO pet_owners (person, pet) VALUES (:owner, :pet);", {
        owner,
        pet,
      });
    }
    await session.commit();
  }
  const petOwners = await conn.query("select * from pet_owners");
  expect(petOwners.rows()).toEqual([
    { person: "jerry", pet: "fish" },
    { person: "barbara", pet: "cat" },
    { person: "alex", pet: "puppy" },
  ]);
  expect((await conn.query("select * from pet_owners", { ttl: "10m" })).meta.cached).toBe(true);
  expect(
    (
      await conn.query("select person from pet_owners where pet = :pet", {
        params: { pet: "cat" },
        ttl: 60,
      })
    ).rows(),
  ).toEqual([{ person: "barbara" }]);
});

test("a connection without settings says what to write where", async () => {
  const path = await temporaryFile("package.json");
  await writeFile(path, "{}");
  const before = process.cwd();
  process.chdir(dirname(path));
  onTestFinished(() => process.chdir(before));
  const error = await failure(connection("pet_db_unset", { type: SQLConnection }));
  expect(error.code).toBe("CONN_CONFIG");
  expect(error.message).toContain('url = "sqlite:///pets.db"');
  expect(error.message).toContain("[connections.pet_db_unset]");
  expect(error.message).toContain(".conn/secrets.toml");
});
