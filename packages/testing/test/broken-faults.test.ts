import { afterAll } from "vitest";
import * as calls from "./broken/calls.ts";
import * as faults from "./broken/faults.ts";
import { catches } from "./catches.ts";

catches([
  [faults.RemembersRefusal, "faults.refused"],
  [faults.BlindCheck, "faults.check"],
  [faults.KeepsDeadClient, "faults.killed-idle"],
  [faults.IgnoresTimeout, "faults.silent-call"],
  [faults.SplitsCharacters, "faults.slow"],
  [faults.ShortData, "faults.truncated"],
  [faults.LeaksOnFailure, "faults.failures-leak-nothing"],
  [calls.UnhandledRejection, "process.strays"],
]);

afterAll(() => {
  for (const client of faults.extra) client.socket.destroy();
});
