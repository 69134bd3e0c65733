import { DatabaseSync } from "node:sqlite";
import { petRow } from "./pet-tables.ts";

/** Writes a SQLite database of pets that all contestants read. */
export function writePets(file: string, rows: number): void {
  const database = new DatabaseSync(file);
  database.exec(
    "create table pets (id integer, weight real, pet text, fed boolean, born datetime, owner text)",
  );
  database.exec("begin");
  const insert = database.prepare("insert into pets values (?, ?, ?, ?, ?, ?)");
  for (let index = 0; index < rows; index++) {
    const { id, weight, pet, fed, born, owner } = petRow(index) as {
      id: number;
      weight: number;
      pet: string;
      fed: boolean;
      born: Date;
      owner: string | null;
    };
    insert.run(
      id,
      weight,
      pet,
      Number(fed),
      born.toISOString().slice(0, 19).replace("T", " "),
      owner,
    );
  }
  database.exec("commit");
  database.close();
}
