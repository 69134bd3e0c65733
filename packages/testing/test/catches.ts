import type { ConnectionClass } from "@conn/core";
import { describe, expect, it } from "vitest";
import { runCase } from "../src/conform.ts";
import { cases, type Subject } from "../src/index.ts";
import { unmet } from "../src/needs.ts";
import { newRun } from "../src/run.ts";
import { petServer } from "./pet-server.ts";
import { PetsConnection } from "./pets.ts";
import { subjectOf } from "./subject.ts";

export type Broken = readonly [
  type: ConnectionClass<PetsConnection>,
  caughtBy: string,
  changes?: Partial<Subject<PetsConnection>>,
];

/** Tests that each broken plugin is caught by the case that names its fault, and by none before it. */
export function catches(broken: readonly Broken[]): void {
  const table = broken.map(
    ([type, caughtBy, changes]) => [type.name, caughtBy, type, changes] as const,
  );
  describe("a broken plugin", () => {
    it.each(table)(
      "%s is caught by %s",
      async (name, caughtBy, type, changes) => {
        await using server = await petServer();
        Object.defineProperty(type, "name", { value: PetsConnection.name });
        const { id, error } = await firstFailure(
          subjectOf(server, type, { patience: 6, ...changes }),
        );
        expect(`${name}: ${id}`, error?.stack).toBe(`${name}: ${caughtBy}`);
        expect(error?.name).toBe("NonConformance");
      },
      60_000,
    );
  });
}

async function firstFailure(
  subject: Subject<PetsConnection>,
): Promise<{ id: string; error?: Error }> {
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
