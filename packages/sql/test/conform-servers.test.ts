import { conform, values } from "@conn/testing";
import { describe, test } from "vitest";
import { SQLConnection } from "../src/index.ts";
import { type EngineCase, engines, urlOf } from "./servers/engines.ts";
import { connect } from "./support.ts";

const { bigint, bytes, date, decimal, text, timestamp } = values;

const casts: Readonly<Record<EngineCase["name"], (type: string) => string>> = {
  postgres: (type) => `cast(? as ${{ instant: "timestamptz", binary: "bytea" }[type] ?? type})`,
  mariadb: (type) => `cast(? as ${type})`,
  mssql: (type) =>
    `cast(? as ${{ instant: "datetimeoffset", binary: "varbinary(max)" }[type] ?? type})`,
};

describe.each(engines)("SQL on $name", (engine) => {
  const cast = casts[engine.name];
  const url = urlOf(engine);
  const { hostname, port } = new URL(url);
  // Where a text is not in Unicode by itself.
  const unicode = engine.name === "mssql" ? "N" : "";
  const integer = engine.name === "mariadb" ? "integer" : "bigint";

  conform<SQLConnection>(
    {
      type: SQLConnection,
      config: { url },
      package: import.meta.url,
      sample: (conn, options) => conn.query(`select 1 as one, ${unicode}'zoë 🐟' as pet`, options),
      variants: [
        (conn, options) => conn.query("select 2 as one", options),
        (conn, options) => conn.query("select ? as one", { ...options, params: ["1"] }),
        (conn, options) => conn.query("select ? as one", { ...options, params: ["2"] }),
        (conn, options) => conn.query("select 1 as one union all select 2", options),
        (conn, options) =>
          conn.query("select 1 as one union all select 2", { ...options, maxRows: 1 }),
      ],
      fails: (conn, options) => conn.query("select * from dragons", options),
      slow: {
        call: (conn, options) => conn.query(engine.sleep, { timeout: "1h", ...options }),
        running: async () => {
          const conn = await connect({ url });
          const table = await conn.query<{ n: number }>(engine.sleeping, { ttl: 0 });
          await conn.close();
          return table.at(0)!.n;
        },
      },
      writes: (conn) =>
        conn.execute(
          engine.name === "mssql"
            ? "create table #conform (name int)"
            : "create table if not exists conform (name text)",
        ),
      streams: (conn, options) =>
        conn.stream("select 1 as n union all select 2 union all select 3", {
          ...options,
          batchSize: 1,
        }),
      network: {
        host: hostname,
        port: Number(port),
        config: (address) => ({
          url: Object.assign(new URL(url), { host: `${address.host}:${address.port}` }).href,
          connectTimeout: 1,
        }),
      },
      values: {
        empty: (conn) => conn.query("select 1 as one from (select 1 as y) as x where 1 = 0"),
        null: (conn) => conn.query("select null as value"),
        // Of so many digits a number is a decimal on SQL Server.
        bigint: (conn) => conn.query(`select cast(${bigint} as ${integer}) as value`),
        decimal: (conn) =>
          conn.query(`select ${cast("decimal(30, 2)")} as value`, { params: [decimal] }),
        date: (conn) => conn.query(`select ${cast("date")} as value`, { params: [date] }),
        // MariaDB has neither without a table: there is no such cast.
        ...(engine.name !== "mariadb"
          ? {
              boolean: (conn: SQLConnection) =>
                conn.query(
                  `select ${engine.name === "mssql" ? "cast(1 as bit)" : "true"} as value`,
                ),
              timestamp: (conn: SQLConnection) =>
                conn.query(`select ${cast("instant")} as value`, { params: [timestamp] }),
            }
          : {}),
        bytes: (conn) => conn.query(`select ${cast("binary")} as value`, { params: [bytes] }),
        text: (conn) => conn.query("select ? as value", { params: [text] }),
      },
    },
    { test },
  );
});
