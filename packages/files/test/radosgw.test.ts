import { describe, it } from "vitest";
import { storeCases } from "./store-cases.ts";
import { radosgw } from "./stores/radosgw.ts";

// A Ceph takes Debian's packages and a minute: a job of its own sets the variable.
if (process.env["CONN_RADOSGW"] === undefined)
  it.skip("S3 as Ceph has it, without CONN_RADOSGW in the environment", () => {});
else describe(radosgw.title, () => storeCases(radosgw));
