/** What a new user does, in one go: write the secrets file, fill the database, run the app. */
import { mkdir, readFile, writeFile } from "node:fs/promises";

process.chdir(import.meta.dirname);
const secrets = ".conn/secrets.toml";
await mkdir(".conn", { recursive: true });
await writeFile(secrets, '[connections.pet_db]\nurl = "sqlite:///.conn/pets.db"\n', {
  mode: 0o600,
  flag: "wx",
}).catch(() => {});
await import("./setup.ts");

console.log(`\n$ cat ${secrets}\n${await readFile(secrets, "utf8")}`);
console.log(`$ cat app.ts\n${await readFile("app.ts", "utf8")}`);
console.log("$ node app.ts");
await import("./app.ts");

console.log(`
Try next, in templates/app:
  change the query in app.ts and run: node app.ts
  misspell "pet_owners", "sql" or "query", and read what conn says
  read docs/use/start.md, or how to write a connection of your own: docs/write-a-plugin/start.md
`);
