import { connection } from "@conn/core";
const conn = await connection("pet_db", { type: "sql" });
const petOwners = await conn.query("select * from pet_owners");
console.log(petOwners);
