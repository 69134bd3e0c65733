import { type Case, group } from "../case.ts";
import { demand } from "../demand.ts";
import { readPackage } from "../package-manifest.ts";

const make = group("package");

/** What lets core find the package, and lets others install it without harm. */
export const packageCases: readonly Case[] = [
  make(
    "manifest",
    "is named in its package's manifest with its class",
    ["package"],
    async ({ subject }) => {
      const { manifest } = await readPackage(subject.package || undefined);
      const { type, name } = subject.type;
      demand(
        manifest.conn?.api === 1,
        `${manifest.name}: "conn": { "api": 1, … } is missing in package.json, so core does not find the type.`,
      );
      const entry = manifest.conn.connections?.[type];
      demand(
        entry,
        `${manifest.name}: conn.connections in package.json has no "${type}", which is the class's \`static type\`.`,
      );
      demand(
        entry.export === name,
        `${manifest.name}: conn.connections.${type}.export is ${JSON.stringify(entry.export)}, and the class is ${name}.`,
      );
      demand(
        /^[a-z][a-z0-9_-]{0,63}$/.test(type),
        `${JSON.stringify(type)} is no type name: lower case letters, digits, _ and -.`,
      );
    },
  ),
  make("keyword", "has the keyword that people search for", ["package"], async ({ subject }) => {
    const { manifest } = await readPackage(subject.package || undefined);
    demand(
      manifest.keywords?.includes("conn-plugin"),
      `${manifest.name}: add "conn-plugin" to the keywords in package.json.`,
    );
  }),
  make("name", "has a package name that tells what it is", ["package"], async ({ subject }) => {
    const { name = "" } = (await readPackage(subject.package || undefined)).manifest;
    demand(
      /^(@conn\/|(@[^/]+\/)?conn-plugin-)./.test(name),
      `The package is called ${JSON.stringify(name)}: name it conn-plugin-${subject.type.type}, with a scope before it if you like.`,
    );
  }),
  make("peer", "shares the application's core", ["package"], async ({ subject }) => {
    const { name, peerDependencies, dependencies } = (
      await readPackage(subject.package || undefined)
    ).manifest;
    demand(
      peerDependencies?.["@conn/core"],
      `${name}: add "@conn/core" to the peerDependencies in package.json.`,
    );
    demand(
      !dependencies?.["@conn/core"],
      `${name}: take "@conn/core" out of the dependencies, or users get a second copy.`,
    );
  }),
  make("scripts", "runs nothing while it is installed", ["package"], async ({ subject }) => {
    const { name, scripts = {} } = (await readPackage(subject.package || undefined)).manifest;
    for (const script of ["preinstall", "install", "postinstall"])
      demand(!(script in scripts), `${name}: remove the script "${script}" from package.json.`);
  }),
  make("engines", "says which Node versions it runs on", ["package"], async ({ subject }) => {
    const { name, engines } = (await readPackage(subject.package || undefined)).manifest;
    demand(engines?.node, `${name}: add "engines": { "node": ">=20.19" } to package.json.`);
  }),
  make("licence", "has a licence", ["package"], async ({ subject }) => {
    const { name, license } = (await readPackage(subject.package || undefined)).manifest;
    demand(
      license && license !== "UNLICENSED",
      `${name}: add "license" to package.json, such as "Apache-2.0".`,
    );
  }),
  make(
    "module",
    "is a module with types, and publishes what it names alone",
    ["package"],
    async ({ subject }) => {
      const { name, type, exports, files } = (await readPackage(subject.package || undefined))
        .manifest;
      demand(type === "module", `${name}: add "type": "module" to package.json.`);
      demand(
        JSON.stringify(exports ?? null).includes('"types"'),
        `${name}: add "exports" with a "types" condition to package.json.`,
      );
      demand(
        files && files.length > 0,
        `${name}: add "files": ["dist"] to package.json, so that no test and no secrets file is published.`,
      );
      demand(
        !files.some((file) => /(^|\/)\.conn|secrets|^\.?\/?$|^\*/.test(file)),
        `${name}: "files" in package.json would publish secrets files.`,
      );
    },
  ),
];
