import type { TestProject } from "vitest/node";
import { startMariadb } from "./mariadb.ts";
import { startPostgres } from "./postgres.ts";
import { startTdsServer } from "./tds.ts";

/** Starts a server of each engine for the whole run, unless the environment names one to use. */
// oxlint-disable-next-line import/no-default-export -- Vitest asks for it
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const named = {
    postgres: process.env["CONN_TEST_POSTGRES"],
    mariadb: process.env["CONN_TEST_MARIADB"],
    mssql: process.env["CONN_TEST_MSSQL"],
  };
  const starting = await Promise.allSettled([
    named.postgres === undefined ? startPostgres() : undefined,
    named.mariadb === undefined ? startMariadb() : undefined,
    named.mssql === undefined ? startTdsServer() : undefined,
  ]);
  const stop = async (): Promise<void> => {
    for (const start of starting) if (start.status === "fulfilled") await start.value?.stop();
  };
  const failed = starting.find((start) => start.status === "rejected");
  if (failed) {
    await stop();
    throw new Error("A database server of the tests did not start.", { cause: failed.reason });
  }
  const [postgres, mariadb, mssql] = starting.map((start) =>
    start.status === "fulfilled" ? start.value : undefined,
  );
  project.provide("servers", {
    postgres: named.postgres ?? postgres!.url,
    mariadb: named.mariadb ?? mariadb!.url,
    mssql: named.mssql ?? mssql!.url,
  });
  return stop;
}
