import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { BaseConnection, ConnectionClass } from "@conn/core";
import type { Case } from "../case.ts";
import { helpCases } from "../cases/help.ts";
import { packageCases } from "../cases/package.ts";
import type { Context } from "../context.ts";
import { NonConformance } from "../demand.ts";
import { type Published, publishedForm } from "./published.ts";
import { kilobytes, tarballChecks } from "./tarball.ts";

export interface CheckOutcome {
  readonly id: string;
  readonly sentence: string;
  /** Advice does not keep a package from being published. */
  readonly outcome: "passed" | "failed" | "advice" | "skipped";
  /** What does not hold, each with what to do. */
  readonly problems: readonly string[];
}

export interface PackageReport {
  readonly name: string;
  readonly version: string;
  readonly files: number;
  /** Bytes of the tarball. */
  readonly packedSize: number;
  readonly ok: boolean;
  readonly checks: readonly CheckOutcome[];
  /** The same as text, a line for each check. */
  toString(): string;
}

/** Looks at a package as npm would publish it. Rejects where it cannot be packed. */
export async function checkPackage(folder: string): Promise<PackageReport> {
  await using published = await publishedForm(folder);
  const { manifest, files, tarball } = published;
  const checks: CheckOutcome[] = [];
  const declared = Object.entries(manifest.conn?.connections ?? {});
  const types =
    declared.length > 0 ? declared : [[guess(manifest.name), { export: undefined }] as const];
  for (const [type, { export: exportName }] of types) {
    const loaded = await load(folder, published, type, exportName);
    checks.push(loaded.outcome);
    const stand = { type, name: String(exportName) } as unknown as ConnectionClass<BaseConnection>;
    for (const each of loaded.class ? [...packageCases, ...helpCases] : packageCases)
      checks.push(await runCase(each, loaded.class ?? stand, published));
  }
  for (const { id, sentence, advice = false, problems } of tarballChecks) {
    const found = await problems(published);
    const outcome =
      found === undefined
        ? "skipped"
        : found.length === 0
          ? "passed"
          : advice
            ? "advice"
            : "failed";
    checks.push({ id, sentence, outcome, problems: found ?? [] });
  }
  const report = {
    name: manifest.name ?? "",
    version: manifest.version ?? "",
    files: files.length,
    packedSize: tarball.byteLength,
    ok: checks.every(({ outcome }) => outcome !== "failed"),
    checks: merged(checks),
  };
  return Object.defineProperty(report, "toString", {
    value: () => describe(report),
    enumerable: false,
  });
}

/** The class as an application would get it, from the package's own folder, where its dependencies are. */
async function load(
  folder: string,
  { manifest }: Published,
  type: string,
  exportName: unknown,
): Promise<{ outcome: CheckOutcome; class?: ConnectionClass<BaseConnection> }> {
  const check = { id: "package.loads", sentence: "can be loaded, and has the class that it names" };
  const failed = (problem: string): { outcome: CheckOutcome } => ({
    outcome: { ...check, outcome: "failed", problems: [problem] },
  });
  const entry = mainExport(manifest.exports);
  if (entry === undefined)
    return failed('"exports" in package.json has no "." with a "default" or "import".');
  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(join(folder, entry)).href)) as Record<string, unknown>;
  } catch (error) {
    return failed(`${entry} cannot be imported: ${(error as Error).message}`);
  }
  const found = module[String(exportName)] as ConnectionClass<BaseConnection> | undefined;
  if (typeof found !== "function")
    return failed(
      `${entry} exports no ${String(exportName)}: name the class in conn.connections.${type}.export.`,
    );
  if (found.type !== type || !found.config?.["~standard"])
    return failed(
      `${String(exportName)} has to have \`static type = "${type}"\` and \`static config\`, a Standard Schema.`,
    );
  return { outcome: { ...check, outcome: "passed", problems: [] }, class: found };
}

/** The kit's cases of a package look at its manifest and class alone. */
async function runCase(
  { id, sentence, run }: Case,
  type: ConnectionClass<BaseConnection>,
  { folder }: Published,
): Promise<CheckOutcome> {
  try {
    await run({ subject: { type, package: folder } } as unknown as Context<BaseConnection>);
    return { id, sentence, outcome: "passed", problems: [] };
  } catch (error) {
    if (!(error instanceof NonConformance)) throw error;
    const problem = error.message.replaceAll(folder, "the package");
    return { id, sentence, outcome: "failed", problems: [problem] };
  }
}

/** One line for what several types have in common. */
function merged(checks: readonly CheckOutcome[]): CheckOutcome[] {
  const byId = new Map<string, CheckOutcome>();
  for (const check of checks) {
    const before = byId.get(check.id);
    const problems = [...new Set([...(before?.problems ?? []), ...check.problems])];
    const outcome = before?.outcome === "failed" ? "failed" : check.outcome;
    byId.set(check.id, { ...check, outcome, problems });
  }
  return [...byId.values()];
}

function guess(name = ""): string {
  return /conn-plugin-(.+)$/.exec(name)?.[1] ?? "my-source";
}

function mainExport(target: unknown): string | undefined {
  if (typeof target === "string") return target;
  if (typeof target !== "object" || target === null) return undefined;
  const conditions = target as Record<string, unknown>;
  return mainExport(
    conditions["."] ?? conditions["node"] ?? conditions["import"] ?? conditions["default"],
  );
}

const marks = { passed: "✔", failed: "✖", advice: "!", skipped: "-" } as const;

function describe({
  name,
  version,
  files,
  packedSize,
  checks,
}: Omit<PackageReport, "toString">): string {
  const failed = checks.filter(({ outcome }) => outcome === "failed").length;
  return [
    `${name} ${version}: ${files} files, ${kilobytes(packedSize)} packed`,
    ...checks.flatMap(({ id, sentence, outcome, problems }) => [
      `${marks[outcome]} ${sentence} (${id})`,
      ...problems.map((problem) => `    ${problem.replaceAll("\n", "\n    ")}`),
      ...(outcome === "skipped" && id === "published.types"
        ? ["    Not looked at. Run: npm install --save-dev @arethetypeswrong/core"]
        : []),
    ]),
    failed === 0 ? "It can be published." : `${failed} of ${checks.length} checks failed.`,
  ].join("\n");
}
