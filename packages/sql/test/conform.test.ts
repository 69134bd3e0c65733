import { conform, values } from "@conn/testing";
import { describe, test } from "vitest";
import { SQLConnection } from "../src/index.ts";
import { drivers, temporaryFile } from "./support.ts";

const { bigint, bytes, date, text } = values;

// One that gives rows: SQLite can be stopped between two of them.
const slow =
  "with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 1e12) select n from numbers";

describe.each(drivers())("SQLite through $name", ({ driver }) => {
  conform<SQLConnection>(
    {
      type: SQLConnection,
      config: async () => ({
        url: `sqlite:///${await temporaryFile()}`,
        ...(driver !== undefined && { driver }),
      }),
      package: import.meta.url,
      sample: (conn, options) => conn.query("select 1 as one, 'zoë 🐟' as pet", options),
      variants: [
        (conn, options) => conn.query("select 2 as one", options),
        (conn, options) => conn.query("select ? as one", { ...options, params: [1] }),
        (conn, options) => conn.query("select ? as one", { ...options, params: [2] }),
        (conn, options) => conn.query("select ? as one", { ...options, params: ["2"] }),
        (conn, options) => conn.query("values (1), (2)", options),
        (conn, options) => conn.query("values (1), (2)", { ...options, maxRows: 1 }),
      ],
      fails: (conn, options) => conn.query("select * from dragons", options),
      slow: { call: (conn, options) => conn.query(slow, { timeout: "1h", ...options }) },
      writes: (conn) => conn.execute("create table if not exists pets (name text)"),
      streams: (conn, options) => conn.stream("values (1), (2), (3)", { ...options, batchSize: 1 }),
      values: {
        empty: (conn) => conn.query("select 1 as one where false"),
        null: (conn) => conn.query("select null as value"),
        bigint: (conn) => conn.query(`select ${bigint} as value`),
        date: (conn) => conn.query("select ? as value", { params: [date] }),
        bytes: (conn) => conn.query("select ? as value", { params: [bytes] }),
        text: (conn) => conn.query("select ? as value", { params: [text] }),
      },
    },
    { test },
  );
});
