/** Fills an empty database with the pets of this example; run it once. */
import { connection } from "@conn/core";

const conn = await connection("pet_db", { type: "sql" });
await conn.execute(
  "create table if not exists pet_owners (person text primary key, pet text not null)",
);

const petOwners = { jerry: "fish", barbara: "cat", alex: "puppy" };
await using session = await conn.session();
for (const [owner, pet] of Object.entries(petOwners)) {
  await session.execute(
    "insert into pet_owners (person, pet) values (:owner, :pet) on conflict do nothing",
    { owner, pet },
  );
}
await session.commit();
