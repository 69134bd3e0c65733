import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of small files, so that the tests need nothing else. Make it hold what your source holds. */
export async function makeFiles() {
  const home = await mkdtemp(join(tmpdir(), "my-source-"));
  const folder = join(home, "inside");
  const outside = join(home, "outside");
  await mkdir(folder);
  await mkdir(outside);
  await writeFile(join(outside, "secret.json"), "[]");
  await writeFile(join(folder, "pets.json"), JSON.stringify(pets));
  await writeFile(join(folder, "owners.json"), '[{ "person": "jerry" }]');
  await writeFile(join(folder, "broken.json"), '[{ "person": "jer');
  // Where links need a right that the user lacks, there is none to follow.
  await symlink(outside, join(folder, "link"), "junction").catch(() => {});
  return { folder, remove: () => rm(home, { recursive: true, force: true }) };
}

const pets = [
  { person: "jerry", pet: "fish" },
  { person: "barbara", pet: "cat" },
  { person: "alex", pet: "puppy" },
];
