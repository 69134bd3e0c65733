import { spawnSync } from "node:child_process";

/** The programs that tests start, and the Debian packages that bring them. */
const servers: Readonly<Record<string, string>> = {
  "redis-server": "redis-server",
  slapd: "slapd",
  mariadbd: "mariadb-server",
  // Debian keeps the server's own programs elsewhere; this one comes with them.
  pg_ctlcluster: "postgresql",
  pgbouncer: "pgbouncer",
  openssl: "openssl",
  // FreeTDS's client, which bears witness that the emulated SQL Server speaks TDS.
  tsql: "freetds-bin",
};

/** Servers are where not everybody's PATH leads. */
const search = { ...process.env, PATH: `${process.env["PATH"]}:/usr/local/sbin:/usr/sbin:/sbin` };

/** Installs what the tests need of servers where this machine lets us; says what to install where not. */
export async function prepareServers(): Promise<void> {
  const missing = Object.entries(servers).filter(
    ([program]) => spawnSync("sh", ["-c", `command -v ${program}`], { env: search }).status !== 0,
  );
  if (missing.length === 0) return;
  const packages = missing.map(([, name]) => name);
  const canInstall = process.getuid?.() === 0 && spawnSync("apt-get", ["--version"]).status === 0;
  if (!canInstall) {
    console.error(
      `The tests need ${packages.join(", ")}. Install them first, for example: sudo apt-get install ${packages.join(" ")}`,
    );
    return;
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", ["update", "-q"], { stdio: "ignore", env });
  const installed = spawnSync(
    "apt-get",
    ["install", "-q", "-y", "--no-install-recommends", ...packages],
    { stdio: ["ignore", "ignore", "inherit"], env },
  );
  if (installed.status !== 0)
    console.error(
      `apt-get could not install ${packages.join(", ")}; the tests that need them will fail.`,
    );
}
