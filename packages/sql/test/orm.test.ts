import { EntitySchema } from "typeorm";
import { describe, expect, test } from "vitest";
import { connect, drivers, failure } from "./support.ts";

interface Pet {
  id: number;
  name: string;
  born: Date | null;
  good: boolean;
  data: object | null;
  weight: string | null;
  photo: Uint8Array | null;
  chip: bigint | number | null;
}

const pets = new EntitySchema<Pet>({
  name: "pet",
  columns: {
    id: { type: Number, primary: true, generated: true },
    name: { type: String, unique: true },
    born: { type: "datetime", nullable: true },
    good: { type: Boolean, default: true },
    data: { type: "simple-json", nullable: true },
    weight: { type: "decimal", precision: 6, scale: 2, nullable: true },
    photo: { type: "blob", nullable: true },
    chip: { type: "bigint", nullable: true },
  },
});

describe.each(drivers())("TypeORM on $name", ({ driver }) => {
  const settings = {
    database: ":memory:",
    entities: [pets],
    synchronize: true,
    ...(driver ? { driver } : {}),
  };

  test("saves, finds, changes and removes an entity", async () => {
    const conn = await connect(settings);
    const repository = await conn.repository(pets);
    const born = new Date("2024-02-29T12:34:56.789Z");
    const saved = await repository.save({
      name: "rex",
      born,
      good: false,
      data: { likes: ["cats"] },
      photo: Buffer.from([1, 0, 255]),
      chip: 9007199254740993n,
    });
    expect(saved.id).toBe(1);
    const found = await repository.findOneByOrFail({ name: "rex" });
    expect(found).toMatchObject({
      id: 1,
      name: "rex",
      born,
      good: false,
      data: { likes: ["cats"] },
      chip: 9007199254740993n,
    });
    expect([...found.photo!]).toEqual([1, 0, 255]);
    found.good = true;
    await repository.save(found);
    expect(await repository.countBy({ good: true })).toBe(1);
    const table = await conn.query("select born, good from pet");
    expect(table.at(0)).toEqual({ born, good: true });
    await repository.remove(found);
    expect(await repository.count()).toBe(0);
  });

  test("takes values that drivers differ in", async () => {
    const { manager } = await connect(settings).then((conn) => conn.client());
    const at = new Date("2024-01-02T03:04:05.678Z");
    expect(
      await manager.query("select ? as a, ? as b, ? as c, ? as d, ? as __proto__", [
        true,
        undefined,
        at,
        2n ** 62n,
        1,
      ]),
    ).toEqual([
      JSON.parse(
        '{"a": 1, "b": null, "c": "2024-01-02 03:04:05.678", "d": 0, "__proto__": 1}',
        (key, value: unknown) => (key === "d" ? 2n ** 62n : value),
      ),
    ]);
    expect(await failure(manager.query("select ?", [NaN]))).toMatchObject({ code: "CONN_PARAMS" });
  });

  test("tells constraints apart by SQLite's codes", async () => {
    const repository = await (await connect(settings)).repository(pets);
    await repository.save({ name: "rex" });
    expect(await failure(repository.insert({ name: "rex" }))).toMatchObject({
      name: "QueryFailedError",
      code: "SQLITE_CONSTRAINT_UNIQUE",
    });
    expect(await repository.count()).toBe(1);
  });

  test("nests transactions by savepoints inside a session", async () => {
    const conn = await connect(settings);
    await using session = await conn.session();
    await session.manager.save(pets, { name: "rex" } as Pet);
    await failure(
      session.manager.transaction(async (manager) => {
        await manager.save(pets, { name: "tom" } as Pet);
        throw new Error("undo");
      }),
    );
    await session.commit();
    expect((await conn.query("select name from pet")).rows()).toEqual([{ name: "rex" }]);
  });

  test("a query runner that is released in a transaction lets others go on", async () => {
    const conn = await connect(settings);
    const runner = (await conn.client()).createQueryRunner();
    await runner.startTransaction();
    await runner.manager.save(pets, { name: "rex" } as Pet);
    await runner.release();
    await conn.execute("insert into pet (name) values ('tom')");
    expect((await conn.query("select name from pet")).rows()).toEqual([{ name: "tom" }]);
  });
});
