import type { ConnectionClass } from "@conn/core";
import { afterAll, describe, expect, it } from "vitest";
import { cases, type Subject } from "../src/index.ts";
import { runCase } from "../src/conform.ts";
import { unmet } from "../src/needs.ts";
import { newRun } from "../src/run.ts";
import * as calls from "./broken/calls.ts";
import * as faults from "./broken/faults.ts";
import * as lifecycle from "./broken/lifecycle.ts";
import * as secrets from "./broken/secrets.ts";
import { petServer } from "./pet-server.ts";
import { PetsConnection } from "./pets.ts";
import { subjectOf } from "./subject.ts";

const server = await petServer();
afterAll(() => server[Symbol.asyncDispose]());
afterAll(() => {
  for (const timer of lifecycle.timers) clearInterval(timer);
  for (const client of faults.extra) client.socket.destroy();
});

type Changes = Partial<Subject<PetsConnection>>;

const broken: readonly (readonly [type: ConnectionClass<PetsConnection>, caughtBy: string, changes?: Changes])[] = [
  [secrets.UndescribedSettings, "help.settings"],
  [secrets.SilentMembers, "help.members"],
  [secrets.LooseSettings, "configuration.unknown"],
  [secrets.CoercedSettings, "configuration.types"],
  [secrets.UnmarkedSecret, "configuration.secrets-marked"],
  [lifecycle.EagerOpen, "lifecycle.lazy"],
  [lifecycle.OpensForEachCall, "lifecycle.single-flight"],
  [lifecycle.RemembersFailedOpen, "lifecycle.open-again"],
  [lifecycle.ResetDropsWithoutClosing, "lifecycle.reset"],
  [lifecycle.AnswersAfterClose, "lifecycle.use-after-close"],
  [lifecycle.CloseIgnoresOpening, "lifecycle.close-while-opening"],
  [lifecycle.ClosesUnderCalls, "lifecycle.close-under-call"],
  [lifecycle.SharedClient, "lifecycle.independent"],
  [lifecycle.LeakedClient, "lifecycle.handles"],
  [lifecycle.LeftTimer, "lifecycle.handles"],
  [lifecycle.LeftProcessListener, "lifecycle.listeners"],
  [lifecycle.LeftSignalListener, "lifecycle.listeners"],
  [lifecycle.FailingPing, "lifecycle.check"],
  [calls.SwallowedError, "errors.rejects"],
  [calls.BareError, "errors.explained"],
  [calls.ReconnectsOnRefusal, "errors.many"],
  [calls.KeyNeverMatches, "cache.hit"],
  [calls.UnsharableResult, "cache.hit"],
  [calls.DropsOptions, "cache.options"],
  [calls.WrongCacheKey, "cache.keys", { values: {} }],
  [calls.RemembersFailures, "cache.failures"],
  [calls.MutatedTable, "cache.shared"],
  [calls.UnstorableResult, "cache.store", { variants: [] }],
  [calls.StaleAfterWrite, "cache.writes"],
  [calls.ColumnsLost, "types.empty"],
  [calls.RoundedIntegers, "types.bigint"],
  [calls.ShiftedDates, "types.date"],
  [calls.StreamKeepsLease, "streams.left"],
  [lifecycle.IgnoresAbort, "cancellation.rejects"],
  [calls.NoAbort, "cancellation.stops"],
  [calls.NoServerCancel, "cancellation.reaches-source"],
  [calls.AbortWrecksClient, "cancellation.usable"],
  [faults.RemembersRefusal, "faults.refused"],
  [faults.BlindCheck, "faults.check"],
  [faults.KeepsDeadClient, "faults.killed-idle"],
  [faults.IgnoresTimeout, "faults.silent-call"],
  [faults.SplitsCharacters, "faults.slow"],
  [faults.ShortData, "faults.truncated"],
  [faults.LeaksOnFailure, "faults.failures-leak-nothing"],
  [secrets.PublicSettings, "secrets.printed"],
  [secrets.SecretInMessage, "secrets.failed-open"],
  [secrets.PrintsSecret, "secrets.output"],
  [calls.UnhandledRejection, "process.strays"],
];

describe("a broken plugin", () => {
  it.each(broken.map(([type, caughtBy, changes]) => [type.name, caughtBy, type, changes] as const))(
    "%s is caught by %s",
    async (name, caughtBy, type, changes) => {
      // Its manifest is right: the fault is another.
      Object.defineProperty(type, "name", { value: PetsConnection.name });
      const { id, error } = await firstFailure(subjectOf(server, type, changes));
      expect(`${name}: ${id}`, error?.stack).toBe(`${name}: ${caughtBy}`);
      expect(error?.name).toBe("NonConformance");
    },
    60_000,
  );
});

async function firstFailure(subject: Subject<PetsConnection>): Promise<{ id: string; error?: Error }> {
  const run = newRun();
  const plain = subject as unknown as Parameters<typeof runCase>[1];
  for (const each of cases) {
    if (unmet(each.needs, plain)) continue;
    try {
      await runCase(each, plain, run);
    } catch (error) {
      return { id: each.id, error: error as Error };
    }
  }
  return { id: "none" };
}
