import { createConnection } from "mysql2/promise";
import pg from "pg";
import { startMariadb } from "../../sql/test/servers/mariadb.ts";
import { startPostgres } from "../../sql/test/servers/postgres.ts";
import { alternate, python, result, type Result, script } from "./measure.ts";

const last = 99_999;

/** Reads the same pets from PostgreSQL and MariaDB, which it starts, beside the drivers and what is built on them. */
export async function measureServers(): Promise<Result[]> {
  const [postgres, mariadb] = await Promise.all([startPostgres(), startMariadb()]);
  try {
    await Promise.all([writePostgres(postgres.url), writeMariadb(mariadb.url)]);
    return [
      ...(await measureServer(
        "PostgreSQL",
        postgres.url,
        "pg",
        ["pg.Pool", "pg.Pool, named by hand"],
        ["postgres.js", "pg-cursor"],
      )),
      ...(await measureStream(postgres.url)),
      ...(await measureServer("MariaDB", mariadb.url, "mysql2", ["mysql2's pool"], [])),
    ];
  } finally {
    await Promise.all([postgres.stop(), mariadb.stop()]);
  }
}

async function measureServer(
  title: string,
  url: string,
  driver: string,
  pools: readonly string[],
  others: readonly string[],
): Promise<Result[]> {
  const peers = [driver, ...others, "knex", "kysely", "drizzle", "db0", "typeorm"];
  const run = (measure: string) => (name: string) =>
    [name, () => script("server", name, url, measure)] as const;
  const all = await alternate(5, {
    ...Object.fromEntries(["conn", ...peers].map(run("all"))),
    pandas: () => python("read", sqlAlchemyUrl(url)),
  });
  const first = await alternate(5, {
    ...Object.fromEntries(["conn", driver].map(run("first"))),
    pandas: () => python("first", sqlAlchemyUrl(url)),
  });
  // So short that a slow second of the machine tells more than the contestants' difference.
  const small = await alternate(
    9,
    Object.fromEntries(["conn", driver, ...pools].map(run("small"))),
  );
  const name = `${title} 100,000 x 6 to a Table`;
  const line = (
    measure: string,
    unit: string,
    values: Readonly<Record<string, number | undefined>>,
    peer: string,
    most: number,
  ): Result =>
    result(
      measure,
      unit,
      values["conn"]!,
      { name: peer, value: values[peer] },
      { of: "ratio", most },
    );
  return [
    line(name, "ms CPU", all, driver, 0.7),
    line(name, "ms CPU", all, "pandas", 0.5),
    ...peers.slice(1).map((peer) => line(name, "ms CPU", all, peer, 1)),
    line(`${name}, first of a process`, "ms CPU", first, driver, 1),
    line(`${name}, first of a process`, "ms CPU", first, "pandas", 0.5),
    ...[...pools, driver].map((peer) =>
      line(`${title} one row by its key`, "µs", small, peer, 1.1),
    ),
  ];
}

async function measureStream(url: string): Promise<Result[]> {
  const { conn, cursor } = await alternate(5, {
    conn: () => script("server", "conn", url, "stream"),
    cursor: () => script("server", "pg-cursor", url, "stream"),
  });
  return [
    result(
      "PostgreSQL streamed in batches of 10,000",
      "rows/s",
      conn!,
      { name: "pg-cursor to arrays", value: cursor },
      { of: "ratio", least: 0.9 },
    ),
  ];
}

async function writePostgres(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`create table pets as
    select i as id, i * 0.25 + 0.125::float8 as weight, (array['fish', 'cat', 'puppy'])[i % 3 + 1] as pet,
      i % 2 = 0 as fed, timestamptz '2020-09-13 12:26:40+00' + i * interval '1 minute' as born,
      case when i % 10 = 0 then null else 'owner ' || i % 100 end as owner
    from generate_series(0, ${last}) as i`);
  await client.query("alter table pets add primary key (id)");
  await client.query("vacuum analyze pets");
  await client.end();
}

async function writeMariadb(url: string): Promise<void> {
  const client = await createConnection(url);
  await client.query(
    "create table pets (id int primary key, weight double, pet varchar(20), fed boolean, born timestamp null, owner varchar(20))",
  );
  await client.query(`insert into pets
    select seq, seq * 0.25 + 0.125, elt(seq % 3 + 1, 'fish', 'cat', 'puppy'), seq % 2 = 0,
      from_unixtime(1600000000 + seq * 60), if(seq % 10 = 0, null, concat('owner ', seq % 100))
    from seq_0_to_${last}`);
  await client.end();
}

/** With the drivers that Debian has for Python. */
function sqlAlchemyUrl(url: string): string {
  return url.replace(/^postgres:/, "postgresql+psycopg2:").replace(/^mysql:/, "mysql+pymysql:");
}
