/**
 * Packs every public package as it would be published and looks at what a user would get: exports and
 * types (publint, attw), no source condition, no install script, a licence.
 */
import { spawnSync } from "node:child_process";
import { glob, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly license?: string;
  readonly engines?: { readonly node?: string };
  readonly scripts?: Readonly<Record<string, string>>;
}

const folder = await mkdtemp(join(tmpdir(), "conn-packages-"));
const problems: string[] = [];
for await (const file of glob("packages/*/package.json")) {
  const manifest = JSON.parse(await readFile(file, "utf8")) as Manifest;
  if (!manifest.private) await examine(dirname(file), manifest);
}
await rm(folder, { recursive: true, force: true });
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;

async function examine(
  path: string,
  { name, license, engines, scripts = {} }: Manifest,
): Promise<void> {
  const complain = (what: string): void => void problems.push(`${name}: ${what}`);
  if (license !== "Apache-2.0") complain("the licence is not Apache-2.0");
  if (!engines?.node) complain("engines.node is missing");
  for (const script of ["preinstall", "install", "postinstall"])
    if (script in scripts) complain(`has the install script ${script}`);

  const tarball = join(folder, `${name.replaceAll(/[^a-z]/g, "-")}.tgz`);
  run(complain, "pnpm pack", "npx", "-y", "pnpm@12.21.0", "--dir", path, "pack", "--out", tarball);
  const packed = spawnSync("tar", ["-xzOf", tarball, "package/package.json"], {
    encoding: "utf8",
  }).stdout;
  if (packed.includes("conn:source")) complain("the tarball names the source condition");
  if (packed.includes("workspace:")) complain("the tarball names the workspace");
  run(complain, "publint", "publint", "run", tarball, "--strict");
  run(complain, "attw", "attw", tarball, "--profile", "esm-only", "--format", "ascii");
}

function run(
  complain: (what: string) => void,
  title: string,
  command: string,
  ...args: string[]
): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) complain(`${title} failed\n${error?.message ?? ""}${stdout}${stderr}`);
}
