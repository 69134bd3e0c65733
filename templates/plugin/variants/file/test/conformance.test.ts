import { after, test } from "node:test";
import { conform } from "@conn/testing";
import { MySourceConnection } from "../src/index.ts";
import { makeFiles } from "./source.ts";

const { folder, remove } = await makeFiles();
after(remove);

// What every connection must do. Each option lets more cases run; the last test says which did not.
conform<MySourceConnection>(
  {
    type: MySourceConnection,
    package: import.meta.url,
    config: { folder },
    sample: (conn, options) => conn.read("pets.json", options),
    variants: [(conn, options) => conn.read("owners.json", options)],
    fails: (conn, options) => conn.read("dragons.json", options),
    writes: (conn) => conn.write("written.json", [{ person: "alex", pet: "puppy" }]),
  },
  { test },
);
