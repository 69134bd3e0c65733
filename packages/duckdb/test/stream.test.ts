import { configure } from "@conn/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { collectUntil, open } from "./support.ts";

const endless = "select a.range as i from range(10000000000) a, range(1000000) b";

describe("a stream", () => {
  it("stays whole where other statements run in its middle", async () => {
    await using conn = await open();
    let rows = 0;
    for await (const batch of conn.stream("from range(100000)")) {
      rows += batch.length;
      await conn.query("select 1", { ttl: 0 });
    }
    expect(rows).toBe(100_000);
  });

  it("ends with its loop, and lets the connection close", async () => {
    const conn = await open();
    for await (const batch of conn.stream(endless)) {
      expect(batch.length).toBeGreaterThanOrEqual(10_000);
      break;
    }
    await conn.close();
    expect(conn.state).toBe("closed");
  });

  it("reads no further than it is asked to", async () => {
    await using conn = await open({ settings: { threads: 1 } });
    const stream = conn.stream(endless, { batchSize: 1 });
    for (let batch = 0; batch < 5; batch++) expect((await stream.next()).done).toBe(false);
    await stream.return();
    expect((await stream.next()).done).toBe(true);
  });

  it("tells of an error in its middle, after what came before it", async () => {
    await using conn = await open({ settings: { threads: 1 } });
    let rows = 0;
    const reading = async (): Promise<void> => {
      for await (const batch of conn.stream(
        "select (case when i = 1500000 then 'fish' else i::text end)::int from range(2000000) t(i)",
        { batchSize: 2048 },
      ))
        rows += batch.length;
    };
    await expect(reading()).rejects.toMatchObject({
      code: "CONN_QUERY",
      operation: "stream",
      message: expect.stringContaining("fish") as string,
    });
    expect(rows).toBeGreaterThan(0);
    expect(rows).toBeLessThan(1_500_000);
  });

  it("is interrupted when its signal is aborted, also before the first row", async () => {
    await using conn = await open();
    const controller = new AbortController();
    const stream = conn.stream("select count(*) from range(10000000000) a, range(1000000) b", {
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(), 50);
    await expect(stream.next()).rejects.toMatchObject({ code: "CONN_ABORTED" });
    expect((await conn.query("select 1 as one")).length).toBe(1);
  });

  it.each(["reset", "close"] as const)(
    "that nobody goes on with ends by %s, and says so",
    async (end) => {
      onTestFinished(configure({ drainTimeout: 0.05 }));
      const conn = await open();
      const stream = conn.stream(endless);
      expect((await stream.next()).done).toBe(false);
      await conn[end]();
      await expect(stream.next()).rejects.toMatchObject({ code: "CONN_ABORTED" });
    },
  );

  it("that is dropped in the middle does not keep the connection open", async () => {
    const conn = await open();
    await (async () => {
      await conn.stream(endless).next();
    })();
    await collectUntil(conn.close());
    expect(conn.state).toBe("closed");
  });
});

describe("a query", () => {
  it.each([0, 100_000, 1_900_000])("gives no table where row %i is bad", async (row) => {
    await using conn = await open();
    const statement =
      "select (case when i = ? then 'fish' else i::text end)::int as n from range(2000000) t(i)";
    const failure = { code: "CONN_QUERY", message: expect.stringContaining("fish") as string };
    await expect(conn.query(statement, { params: [row] })).rejects.toMatchObject(failure);
    await using session = await conn.session();
    await expect(session.query(statement, { params: [row] })).rejects.toMatchObject(failure);
  });

  it("is interrupted at its timeout", async () => {
    await using conn = await open();
    const slow = conn.query("select count(*) from range(10000000000) a, range(1000000) b", {
      timeout: 0.1,
    });
    await expect(slow).rejects.toMatchObject({ code: "CONN_TIMEOUT" });
    expect((await conn.query("select 1 as one")).length).toBe(1);
  });

  it("stops at maxRows, and says that there was more", async () => {
    await using conn = await open();
    const some = await conn.query("from range(10000)", { maxRows: 3000 });
    expect([some.length, some.meta.truncated]).toEqual([3000, true]);
    const all = await conn.query("from range(3000)", { maxRows: 3000 });
    expect([all.length, all.meta.truncated ?? false]).toEqual([3000, false]);
  });

  it("explains a plan, pivots, and describes", async () => {
    await using conn = await open();
    await conn.execute("create table pets as select 'jerry' as owner, 'fish' as pet, 2 as n");
    expect((await conn.query("explain select * from pets")).length).toBeGreaterThan(0);
    expect((await conn.query("pivot pets on pet using sum(n)")).rows()).toEqual([
      { owner: "jerry", fish: 2 },
    ]);
    expect((await conn.query("describe pets")).length).toBe(3);
    expect((await conn.query("summarize pets")).length).toBe(3);
  });

  it.each([
    "select 1; --\rdrop table pets; select 2",
    "select 1; --\r\ndrop table pets; select 2",
    "select 1a$$; drop table pets; select $$ from pets",
    "select 1 as pivot; --\rdrop table pets; select 2",
    "drop table pets; --\rpivot pets on pet using sum(n)",
    "create table other as pivot pets on pet using sum(n)",
  ])("runs nothing of %j, which is several statements to DuckDB", async (statement) => {
    await using conn = await open();
    await conn.execute("create table pets as select 'jerry' as owner, 'fish' as pet, 2 as n");
    await expect(conn.query(statement)).rejects.toMatchObject({ code: "CONN_QUERY" });
    await expect(conn.execute(statement)).rejects.toMatchObject({ code: "CONN_QUERY" });
    expect((await conn.query("select owner from pets", { ttl: 0 })).length).toBe(1);
    expect((await conn.browse()).flatMap(({ path }) => path)).not.toContain("other");
  });

  it.each([
    ["", "empty"],
    ["-- nothing", "empty"],
    ["select 1; select 2", "2 statements"],
  ])("refuses %j", async (statement, words) => {
    await using conn = await open();
    await expect(conn.query(statement)).rejects.toMatchObject({
      code: "CONN_QUERY",
      message: expect.stringContaining(words) as string,
    });
  });
});
