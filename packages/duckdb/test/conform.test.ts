import { conform, values } from "@conn/testing";
import { describe, test } from "vitest";
import { DuckDBConnection } from "../src/index.ts";
import { file } from "./support.ts";

const { bigint, boolean, bytes, date, decimal, text, timestamp } = values;

describe.each([
  ["memory", () => ":memory:"],
  ["a file", file],
])("DuckDB in %s", (_, database) => {
  conform<DuckDBConnection>(
    {
      type: DuckDBConnection,
      config: () => ({ database: database() }),
      package: import.meta.url,
      sample: (conn, options) => conn.query("select 1 as one, 'zoë 🐟' as pet", options),
      variants: [
        (conn, options) => conn.query("select 2 as one", options),
        (conn, options) => conn.query("select ? as one", { ...options, params: [1] }),
        (conn, options) => conn.query("select $one as one", { ...options, params: { one: 2 } }),
      ],
      fails: (conn, options) => conn.query("select * from dragons", options),
      slow: {
        call: (conn, options) =>
          conn.query("select count(*) from range(10000000000) a, range(1000000) b", {
            timeout: "1h",
            ...options,
          }),
      },
      writes: (conn) => conn.execute("create table if not exists pets (name text)"),
      streams: (conn, options) => conn.stream("from range(10000)", { ...options, batchSize: 1 }),
      values: {
        empty: (conn) => conn.query("select 1 as one where false"),
        null: (conn) => conn.query("select null as value"),
        boolean: (conn) => conn.query("select ? as value", { params: [boolean] }),
        decimal: (conn) => conn.query(`select ${decimal}::decimal(38, 2) as value`),
        timestamp: (conn) => conn.query("select ? as value", { params: [timestamp] }),
        bigint: (conn) => conn.query(`select ${bigint} as value`),
        date: (conn) => conn.query("select ? as value", { params: [date] }),
        bytes: (conn) => conn.query("select ? as value", { params: [bytes] }),
        text: (conn) => conn.query("select ? as value", { params: [text] }),
      },
    },
    { test },
  );
});
