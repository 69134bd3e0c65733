import { expect, test } from "vitest";
import { engines, urlOf } from "./servers/engines.ts";
import { connect } from "./support.ts";

const [postgres, mariadb] = ["postgres", "mariadb"].map((wanted) =>
  engines.find(({ name }) => name === wanted)!,
);

/** Rows are read in batches of 1,024: the odd one is in the third. */
const odd = 2500;

test("PostgreSQL's columns with a late cell that no type holds keep all cells, to the microsecond", async () => {
  const conn = await connect({ url: urlOf(postgres!) });
  const table = await conn.query(`
    select i, 'pet ' || i % 3 as pet,
      timestamptz '1969-12-31 23:59:59.000001+00' + i * interval '1 second' as fed,
      case when i = ${odd} then 'infinity' else timestamptz '1969-12-31 23:59:59.123456+00' + i * interval '1 second' end as born,
      case when i = ${odd} then '-infinity' else timestamp '2024-02-29 23:30:00.5' end as seen,
      case when i % 2 = 0 then null when i = ${odd + 1} then 'NaN' else 1.50 end as price
    from generate_series(0, 3999) as i`);
  expect(table.columns.map(({ type }) => type)).toEqual([
    "integer",
    "string",
    "timestamp",
    "string",
    "string",
    "string",
  ]);
  const cells = table.rows();
  expect(cells.map(({ i }) => i)).toEqual(Array.from({ length: 4000 }, (_, i) => i));
  expect(cells[1]).toEqual({
    i: 1,
    pet: "pet 1",
    fed: new Date("1970-01-01T00:00:00.000Z"),
    born: "1970-01-01 00:00:00.123456+00",
    seen: "2024-02-29 23:30:00.5",
    price: "1.50",
  });
  expect(cells[0]).toMatchObject({ born: "1969-12-31 23:59:59.123456+00", price: null });
  expect(cells[odd]).toMatchObject({ born: "infinity", seen: "-infinity", price: null });
  expect(cells[odd + 1]).toMatchObject({ price: "NaN" });
  // What did not break is as exact as if nothing had.
  expect(table.select("fed").toCSV().split("\r\n")[2]).toBe("1970-01-01T00:00:00.000001Z");
});

test("MariaDB's columns with a late cell that no type holds keep all cells", async () => {
  const conn = await connect({ url: urlOf(mariadb!) });
  await using session = await conn.session();
  await session.execute("set sql_mode = ''");
  await session.execute(
    "create temporary table odd (good boolean, born timestamp(6) null, day date, fed timestamp(3) null)",
  );
  await session.execute(`
    insert into odd select if(seq = ${odd}, 2, seq % 2), if(seq = ${odd}, '0000-00-00', '2024-02-29 23:30:00.123456'),
      if(seq = ${odd}, '0000-00-00', '2024-02-29'), '2024-02-29 23:30:00.500'
    from seq_0_to_3999`);
  const table = await session.query("select * from odd");
  expect(table.columns.map(({ type }) => type)).toEqual([
    "integer",
    "string",
    "string",
    "timestamp",
  ]);
  expect([table.at(0), table.at(1)?.["good"], table.at(odd)]).toEqual([
    {
      good: 0,
      born: "2024-02-29 23:30:00.123456",
      day: "2024-02-29",
      fed: new Date("2024-02-29T23:30:00.500Z"),
    },
    1,
    {
      good: 2,
      born: "0000-00-00 00:00:00.000000",
      day: "0000-00-00",
      fed: new Date("2024-02-29T23:30:00.500Z"),
    },
  ]);
});
