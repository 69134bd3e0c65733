import { connection } from "@conn/core";
import { LdapConnection } from "./connection.ts";

const conn = await connection("owners", { type: LdapConnection });
const owners = await conn.query("(objectClass=person)", { attributes: ["uid", "description"] });
console.log(owners);
