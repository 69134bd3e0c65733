import { execFile } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { engines, urlOf } from "./servers/engines.ts";
import { temporaryFile } from "./support.ts";

const run = promisify(execFile);

/** Runs a script in an application folder that has conn's packages installed, as they are built. */
async function script(
  body: string,
  flags: readonly string[] = [],
): Promise<{ stdout: string; stderr: string }> {
  const path = await temporaryFile("app/main.mjs");
  const folder = dirname(path);
  await mkdir(join(folder, "node_modules/@conn"), { recursive: true });
  for (const name of ["core", "sql"])
    await symlink(
      join(import.meta.dirname, "../..", name),
      join(folder, "node_modules/@conn", name),
    );
  for (const name of ["pg", "mysql2"])
    await symlink(
      join(import.meta.dirname, "../node_modules", name),
      join(folder, "node_modules", name),
    );
  await writeFile(
    join(folder, "package.json"),
    JSON.stringify({ type: "module", dependencies: { "@conn/core": "*", "@conn/sql": "*" } }),
  );
  await mkdir(join(folder, ".conn"));
  await writeFile(
    join(folder, ".conn/secrets.toml"),
    '[connections.pet_db]\ntype = "sql"\nurl = "sqlite:///pets.db"\n',
    { mode: 0o600 },
  );
  await writeFile(path, body);
  return run(process.execPath, [...flags, path], {
    cwd: folder,
    env: { ...process.env, HOME: folder, NODE_OPTIONS: "" },
  });
}

describe("a script", () => {
  test("shows no warning of Node's SQLite, and every other one", async () => {
    const { stdout, stderr } = await script(`
      import { connection } from "@conn/core";
      import { SQLConnection } from "@conn/sql";
      const conn = await connection("pet_db", { type: SQLConnection });
      process.emitWarning("something else", "ExperimentalWarning");
      console.log((await conn.query("select 1 as one")).rows());
    `);
    expect(stdout).toBe("[ { one: 1 } ]\n");
    expect(stderr).toContain("something else");
    expect(stderr).not.toMatch(/sqlite/i);
  });

  test("ends by itself without close, with a session left open", async () => {
    const { stdout } = await script(`
      import { connection } from "@conn/core";
      import { SQLConnection } from "@conn/sql";
      const conn = await connection("pet_db", { type: SQLConnection });
      await conn.execute("create table pets (name text)");
      const session = await conn.session();
      await session.execute("insert into pets values ('rex')");
      console.log("done");
    `);
    expect(stdout).toBe("done\n");
  });

  test("streams a million rows in flat memory", async () => {
    const { stdout } = await script(
      `
      import { connection } from "@conn/core";
      import { SQLConnection } from "@conn/sql";
      const conn = await connection("pet_db", { type: SQLConnection });
      const rows = "with recursive n(i) as (values (1) union all select i + 1 from n where i < 1000000) select i, i * 0.5 as half, 'name ' || i as name, null as missing from n";
      let [count, sum] = [0, 0];
      for await (const batch of conn.stream(rows)) {
        count += batch.length;
        for (const value of batch.column("i")) sum += value;
      }
      console.log(count, sum);
      `,
      // A million rows as objects take more than a hundred megabytes.
      ["--max-old-space-size=48"],
    );
    expect(stdout).toBe("1000000 500000500000\n");
  }, 60_000);

  test("rolls back a session that was dropped, and says where it was opened", async () => {
    const { stdout, stderr } = await script(
      `
      import { connection } from "@conn/core";
      import { SQLConnection } from "@conn/sql";
      const conn = await connection("pet_db", { type: SQLConnection });
      await conn.execute("create table pets (name text)");
      await (async () => { await (await conn.session()).execute("insert into pets values ('rex')"); })();
      for (let round = 0; round < 20; round++) {
        globalThis.gc();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await conn.execute("insert into pets values ('tom')");
      console.log((await conn.query("select name from pets")).rows());
      `,
      ["--expose-gc"],
    );
    expect(stdout).toBe("[ { name: 'tom' } ]\n");
    expect(stderr).toMatch(/A session of pet_db was dropped without an end.*main\.mjs:6/);
  });

  test("ends a stream that was dropped in the middle, so that close need not wait for it", async () => {
    const { stdout } = await script(
      `
      import { configure, connection } from "@conn/core";
      import { SQLConnection } from "@conn/sql";
      configure({ drainTimeout: "1h" });
      const conn = await connection("pet_db", { type: SQLConnection });
      await conn.execute("create table pets (name text)");
      await conn.execute("insert into pets values ('rex'), ('tom')");
      await (async () => { await conn.stream("select * from pets", { batchSize: 1 }).next(); })();
      for (let round = 0; round < 20; round++) {
        globalThis.gc();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await conn.close();
      console.log("closed");
      `,
      ["--expose-gc"],
    );
    expect(stdout).toBe("closed\n");
  });

  // The emulator of SQL Server takes ten times as long for each row as a server.
  test.each(
    engines.map((engine) => ({ ...engine, rows: engine.name === "mssql" ? 500_000 : 5_000_000 })),
  )(
    "streams $rows rows of $name in less than 300 MB, all of the process counted",
    async (engine) => {
      const { stdout } = await script(
        `
        import { connection } from "@conn/core";
        import { SQLConnection } from "@conn/sql";
        const config = { url: ${JSON.stringify(urlOf(engine))} };
        const conn = await connection("pet_db", { type: SQLConnection, config });
        const rows = \`select i, i * 0.5 as half, concat('name ', i) as name, null as missing from (${engine.numbers(engine.rows)}) as n\`;
        let [count, sum] = [0, 0];
        for await (const batch of conn.stream(rows)) {
          count += batch.length;
          for (const value of batch.column("i")) sum += value;
        }
        console.log(count, sum, process.resourceUsage().maxRSS / 1024);
        await conn.close();
      `,
        // Where there is room, the engine lets garbage lie.
        ["--max-old-space-size=100"],
      );
      const [count, sum, megabytes] = stdout.split(" ").map(Number);
      expect([count, sum]).toEqual([engine.rows, (engine.rows * (engine.rows + 1)) / 2]);
      expect(megabytes).toBeLessThan(300);
    },
    120_000,
  );

  test.each(engines)("ends by itself without close, on $name", async (engine) => {
    const { stdout } = await script(`
      import { connection } from "@conn/core";
      import { SQLConnection } from "@conn/sql";
      const config = { url: ${JSON.stringify(urlOf(engine))} };
      const conn = await connection("server", { type: SQLConnection, config });
      const session = await conn.session();
      await session.query("select 1 as one");
      const stream = conn.stream("select 1 as one union all select 2", { batchSize: 1 });
      await stream.next();
      console.log((await conn.query("select 1 as one")).rows());
    `);
    expect(stdout).toBe("[ { one: 1 } ]\n");
  });

  test.each(engines)("lives as long as savepoints are under way, on $name", async (engine) => {
    const { stdout } = await script(`
      import { connection } from "@conn/core";
      import { SQLConnection } from "@conn/sql";
      const config = { url: ${JSON.stringify(urlOf(engine))} };
      const conn = await connection("server", { type: SQLConnection, config });
      await conn.transaction(async (session) => {
        const nested = session.manager.transaction((manager) => manager.query("select 1 as one"));
        console.log(await nested);
      });
    `);
    expect(stdout).toBe("[ { one: 1 } ]\n");
  });
});
