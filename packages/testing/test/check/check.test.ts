import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { checkPackage } from "../../src/check/check.ts";
import { leaksOf } from "../../src/check/secrets.ts";
import { type Files, type Manifest, plugin, without } from "./plugin.ts";

const timeout = 60_000;
const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
const everyFile = { files: ["dist", ".env", ".conn", "keys", "test", ".npmrc"] };

it("lets a good package pass", { timeout }, async () => {
  await using good = await plugin();
  const report = await checkPackage(good.folder);
  expect(report.checks.filter(({ outcome }) => outcome !== "passed")).toEqual([]);
  expect(report).toMatchObject({ name: "conn-plugin-pets", version: "1.0.0", files: 5, ok: true });
  expect(String(report)).toMatch(/^conn-plugin-pets 1\.0\.0: 5 files, \d\.\d kB packed\n✔ /);
  expect(String(report)).toMatch(/\nIt can be published\.$/);
});

const conn = (type: string, exported: string): Manifest => ({
  conn: { api: 1, connections: { [type]: { export: exported } } },
});

const bad: [what: string, id: string, hint: string, Manifest, Files?][] = [
  ["has no conn field", "package.manifest", '"conn": { "api": 1', { conn: undefined }],
  ["speaks another api", "package.manifest", '"api": 1', { conn: { api: 2, connections: {} } }],
  ["names no class that there is", "package.loads", "exports no Pets", conn("pets", "Pets")],
  ["names another type", "package.loads", 'static type = "cats"', conn("cats", "PetsConnection")],
  [
    "fails while it is imported",
    "package.loads",
    "no-such-package",
    {},
    { "dist/index.js": 'import "no-such-package";' },
  ],
  ["lacks the keyword", "package.keyword", "conn-plugin", { keywords: [] }],
  ["is named as it likes", "package.name", "conn-plugin-pets", { name: "pets" }],
  ["has no peer", "package.peer", "peerDependencies", { peerDependencies: {} }],
  [
    "brings a core of its own",
    "package.peer",
    "take",
    { dependencies: { "@conn/core": "^0.1.0" } },
  ],
  ["takes any core", "published.core", "^", { peerDependencies: { "@conn/core": "*" } }],
  ["takes one core", "published.core", "^0.1.0", { peerDependencies: { "@conn/core": "0.1.0" } }],
  ["runs a script", "package.scripts", "postinstall", { scripts: { postinstall: "node x.js" } }],
  [
    "compiles",
    "published.install",
    "binding.gyp",
    { files: ["dist", "binding.gyp"] },
    { "binding.gyp": "{}" },
  ],
  ["claims no Node", "package.engines", ">=20.19", { engines: {} }],
  ["has no licence", "package.licence", "license", { license: undefined }],
  ["has no licence text", "published.licence", "LICENSE", {}, { LICENSE: undefined }],
  ["is no module", "package.module", '"type": "module"', { type: undefined }],
  [
    "names files that are not there",
    "published.exports",
    "dist/main.js",
    { exports: { ".": { types: "./dist/index.d.ts", default: "./dist/main.js" } } },
  ],
  [
    "has types that are not there",
    "published.types",
    "There are no types",
    {},
    { "dist/index.d.ts": undefined },
  ],
  [
    "has types after the code",
    "published.exports",
    "first",
    { exports: { ".": { default: "./dist/index.js", types: "./dist/index.d.ts" } } },
  ],
  [
    "names the workspace",
    "published.ranges",
    "range of versions",
    { dependencies: { zod: "workspace:^" } },
  ],
  [
    "depends on a folder",
    "published.ranges",
    "range of versions",
    { dependencies: { zod: "file:../zod" } },
  ],
  [
    "publishes tests",
    "published.files",
    "test/pets.test.js",
    everyFile,
    { "test/pets.test.js": "" },
  ],
  ["has no README", "help.readme", "README", {}, { "README.md": undefined }],
  ["has a README without example", "help.readme", "example", {}, { "README.md": "# pets" }],
  [
    "does not describe a setting",
    "help.settings",
    "url",
    {},
    { "dist/index.js": without('.describe("Where the pets are.")') },
  ],
  [
    "does not describe a method",
    "help.members",
    "read",
    {},
    { "dist/index.js": without('static members = { read: "Reads pets." };') },
  ],
  [
    "is large",
    "published.size",
    "kB",
    {},
    { "dist/data.txt": randomBytes(2_200_000).toString("base64") },
  ],
];

describe("finds that a package", () => {
  it.each(bad)("%s (%s)", { timeout }, async (_what, id, hint, changes, files) => {
    await using package_ = await plugin(changes, files);
    const report = await checkPackage(package_.folder);
    expect(report.ok).toBe(false);
    const found = report.checks.find((check) => check.id === id);
    expect(found?.outcome, String(report)).toBe("failed");
    expect(found?.problems.join("\n")).toContain(hint);
    expect(String(report)).toContain(`✖ ${found?.sentence} (${id})\n    `);
  });
});

// Put together here, so that nobody's scanner takes this file for a leak.
const kind = ["RSA", "PRIVATE"].join(" ");
const secret = letters.repeat(3);
const leaks: [path: string, text: string, where: string, what: string][] = [
  [".env", `TOKEN=${secret}`, ".env", "environment variables"],
  [".conn/secrets.toml", `password = "${secret}"`, ".conn/secrets.toml", "conn's secrets"],
  [".conn/connections.toml", `password = "${secret}"`, ".conn/connections.toml", "conn's secrets"],
  ["dist/secrets.production.toml", secret, "dist/secrets.production.toml", "secrets"],
  ["keys/id_ed25519", secret, "keys/id_ed25519", "a private key"],
  ["keys/server.pem", secret, "keys/server.pem", "a key or certificate"],
  [
    "keys/service-account-prod.json",
    `{"a":"${secret}"}`,
    "keys/service-account-prod.json",
    "credentials",
  ],
  [
    "dist/key.js",
    `\nexport const key = \`-----BEGIN ${kind} KEY-----\n${secret}`,
    "dist/key.js:2",
    "a private key",
  ],
  ["dist/aws.js", `\n\nconst id = "AKIA${"A1".repeat(8)}";`, "dist/aws.js:3", "an AWS access key"],
  [
    "dist/a.js",
    `fetch(x, { token: "ghp_${secret.slice(0, 36)}" })`,
    "dist/a.js:1",
    "a GitHub token",
  ],
  ["dist/b.js", `const t = "npm_${secret.slice(0, 36)}"`, "dist/b.js:1", "an npm token"],
  ["dist/c.js", `const t = "hf_${secret.slice(0, 34)}"`, "dist/c.js:1", "a Hugging Face token"],
  ["dist/npm.txt", `//registry/:_authToken=${secret}`, "dist/npm.txt:1", "an npm login"],
];

describe("finds a secret, and does not show it:", () => {
  it.each(leaks)("%s", { timeout }, async (path, text, where, what) => {
    await using package_ = await plugin(everyFile, { [path]: text });
    const report = await checkPackage(package_.folder);
    const found = report.checks.find(({ id }) => id === "published.secrets");
    expect(found?.problems.join("\n")).toContain(`${where} holds ${what}`);
    expect(report.ok).toBe(false);
    expect(String(report) + JSON.stringify(report)).not.toContain(secret.slice(0, 20));
  });

  it("takes no example for a secret", { timeout }, async () => {
    const examples = [
      "//registry.example.org/:_authToken=${NPM_TOKEN}",
      "-----BEGIN PRIVATE KEY-----\n<your key>\n-----END PRIVATE KEY-----",
      'token: "hf_…"',
    ];
    await using package_ = await plugin({}, { "dist/examples.js": `/* ${examples.join("\n")} */` });
    expect((await checkPackage(package_.folder)).ok).toBe(true);
  });

  it("reads megabytes of beginnings, and gets to their end", () => {
    const beginnings = "-----BEGIN RSA AKIAA1 ghp_abc npm_abc :_authToken= AIza ".repeat(50_000);
    expect(leaksOf("dist/index.js", Buffer.from(beginnings))).toEqual([]);
  });
});

it("advises to name the repository, and lets the package pass", { timeout }, async () => {
  await using package_ = await plugin({ repository: undefined });
  const report = await checkPackage(package_.folder);
  expect(report.ok).toBe(true);
  expect(String(report)).toContain("npm pkg set repository");
});

it("says why a package cannot be packed", { timeout }, async () => {
  await using package_ = await plugin({ version: undefined });
  await expect(checkPackage(package_.folder)).rejects.toThrow("must have name and version");
  await expect(checkPackage("/no/such/folder")).rejects.toThrow("/no/such/folder");
});
