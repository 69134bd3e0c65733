/**
 * `npx -y pnpm@12.21.0 bench [--json FILE]`: measures conn beside its peers, in one run and in turns, and
 * says which targets are met.
 */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Table } from "@conn/core";
import { measureDuckdb } from "./duckdb.ts";
import { measureFiles } from "./files.ts";
import { measureFormats } from "./formats.ts";
import { alternate, python, result, type Result, script } from "./measure.ts";
import { measureServers } from "./servers.ts";
import { writePets } from "./sqlite-file.ts";

const rows = 100_000;
const folder = await mkdtemp(join(tmpdir(), "conn-bench-"));
const file = join(folder, "pets.db");
writePets(file, rows);
installPeers();

const results: Result[] = [];
await measureImport();
await measureSize();
await measureHits();
await measureSqlite();
results.push(...(await measureFiles()));
results.push(...(await measureServers()));
results.push(...(await measureDuckdb()));
results.push(...(await measureFormats()));
await rm(folder, { recursive: true, force: true });

console.log(
  Table.fromRows(
    results.map(({ measure, unit, ours, peer, peerName, target, met }) => ({
      measure,
      ours: `${round(ours)} ${unit}`,
      peer: peer === null ? (peerName ?? "") : `${round(peer)} ${unit}, ${peerName}`,
      ratio: peer === null ? "" : round(ours / peer),
      target,
      met: met ? "yes" : "NO",
    })),
  ).toString({ width: 200 }),
);
const json = process.argv.indexOf("--json");
if (json > 0)
  await writeFile(
    process.argv[json + 1]!,
    `${JSON.stringify({ node: process.version, results }, null, 2)}\n`,
  );
process.exitCode = results.every(({ met }) => met) ? 0 : 1;

async function measureImport(): Promise<void> {
  const core = import.meta.resolve("@conn/core");
  const { bare, ours } = await alternate(15, {
    bare: () => script("import"),
    ours: () => script("import", core),
  });
  results.push(
    result("import @conn/core, over bare Node", "ms CPU", ours! - bare!, undefined, {
      of: "ours",
      most: 10,
    }),
  );
}

async function measureSize(): Promise<void> {
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const { stdout } = spawnSync("size-limit", ["--json"], { cwd: root, encoding: "utf8" });
  const sizes = JSON.parse(stdout) as { name: string; size: number }[];
  const { size } = sizes.find(({ name }) => name === "@conn/core")!;
  results.push(
    result("@conn/core entry with dependencies, min+gzip", "kB", size / 1000, undefined, {
      of: "ours",
      most: 20,
    }),
  );
}

async function measureHits(): Promise<void> {
  const { large, small, pandas } = await alternate(5, {
    large: () => script("hit", "table", String(rows)),
    small: () => script("hit", "table", "10"),
    pandas: () => python("hit", file),
  });
  results.push(
    result(
      "cached hit, 100,000 rows",
      "µs CPU",
      large!,
      { name: "pandas unpickling", value: pandas },
      { of: "ours", most: 5 },
    ),
    result(
      "cached hit, 100,000 rows beside 10 rows",
      "µs CPU",
      large!,
      { name: "ours, 10 rows", value: small },
      { of: "ratio", most: 1.25 },
    ),
  );
  const { ours, keyv, lru } = await alternate(5, {
    ours: () => script("hit", "keys", "10"),
    keyv: () => script("peer-hit", "keyv"),
    lru: () => script("peer-hit", "lru"),
  });
  const perSecond = (microseconds: number | undefined): number => 1e6 / microseconds!;
  results.push(
    result(
      "hits per CPU second, 1,000 keys",
      "/s",
      perSecond(ours),
      { name: "keyv in memory", value: perSecond(keyv) },
      { of: "ours", least: 100_000 },
    ),
    result(
      "hits per CPU second, 1,000 keys",
      "/s",
      perSecond(ours),
      { name: "bare lru-cache", value: perSecond(lru) },
      { of: "ours", least: 100_000 },
    ),
  );
}

async function measureSqlite(): Promise<void> {
  const { ours, bare, pandas } = await alternate(5, {
    ours: () => script("sqlite", "ours", file),
    bare: () => script("sqlite", "bare", file),
    pandas: () => python("read", file),
  });
  const measure = "SQLite 100,000 x 6 to a Table";
  const { first, pandasFirst } = await alternate(5, {
    first: () => script("sqlite", "first", file),
    pandasFirst: () => python("first", file),
  });
  results.push(
    result(
      measure,
      "ms CPU",
      ours!,
      { name: "node:sqlite to arrays", value: bare },
      { of: "ratio", most: 1.3 },
    ),
    result(
      measure,
      "ms CPU",
      ours!,
      { name: "pandas.read_sql", value: pandas },
      { of: "ratio", most: 0.5 },
    ),
    result(
      `${measure}, first of a process`,
      "ms CPU",
      first!,
      { name: "pandas.read_sql", value: pandasFirst },
      { of: "ratio", most: 0.5 },
    ),
    result("memory of that Table", "MB", (await script("sqlite", "memory", file))!, undefined, {
      of: "ours",
      most: 7,
    }),
  );
}

/** Python's peers come from Debian; elsewhere the table says that they are missing. */
function installPeers(): void {
  if (
    spawnSync("/usr/bin/python3", ["-c", "import pandas, sqlalchemy, psycopg2, pymysql"]).status ===
    0
  )
    return;
  if (process.getuid?.() !== 0 || spawnSync("apt-get", ["--version"]).status !== 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", ["update", "-q"], { env });
  spawnSync(
    "apt-get",
    [
      "install",
      "-q",
      "-y",
      "--no-install-recommends",
      "python3-pandas",
      "python3-sqlalchemy",
      "python3-psycopg2",
      "python3-pymysql",
    ],
    { env },
  );
}

function round(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: value >= 1000 ? 4 : 3 });
}
