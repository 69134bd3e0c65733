import type { BaseConnection } from "@conn/core";
import { ConnError } from "@conn/core";
import { didYouMean } from "@conn/core/toolkit";
import type { Case } from "./case.ts";
import { cases } from "./cases.ts";
import { contextOf } from "./context.ts";
import { NonConformance, patience } from "./demand.ts";
import { type Unmet, unmet } from "./needs.ts";
import { newRun, type Run, watched } from "./run.ts";
import type { Subject } from "./subject.ts";

/** The `test` of node:test, vitest, jest or any other runner. */
export type Test = (name: string, run: () => Promise<void>, timeout: number) => unknown;

/** A case that a run of the kit leaves out. */
export interface LeftOut extends Unmet {
  readonly id: string;
}

/** Which cases ran for a connection, and which did not. */
export interface Coverage {
  readonly ran: readonly string[];
  readonly leftOut: readonly LeftOut[];
  /** The same as text: a line for each reason. */
  toString(): string;
}

/** Milliseconds that a case may take at most. */
const timeout = 60_000;

/**
 * Registers a test for each case that fits the class and what the author gave, and a last one that
 * tells which cases ran. Call it where tests are declared.
 *
 * @throws CONN_ARGUMENT for a gap that names no case.
 */
export function conform<C extends BaseConnection>(
  subject: Subject<C>,
  { test }: { readonly test: Test },
): Coverage {
  const plain = subject as unknown as Subject<BaseConnection>;
  const gaps = checkedGaps(plain);
  const run = newRun();
  const title = subject.type.type;
  const leftOut: LeftOut[] = [];
  const ran: string[] = [];
  for (const each of cases) {
    const missing = unmet(each.needs, plain);
    if (missing) {
      leftOut.push({ id: each.id, ...missing });
      continue;
    }
    ran.push(each.id);
    const gap = gaps.get(each.id);
    const name = `${title} ${each.sentence} (${each.id})`;
    test(
      gap === undefined ? name : `${name}, but for a gap: ${gap}`,
      () => (gap === undefined ? runCase(each, plain, run) : runGap(each, plain, run)),
      timeout,
    );
  }
  const coverage: Coverage = { ran, leftOut, toString: () => describe(title, ran, leftOut) };
  test(
    `${title} ran ${ran.length} of ${cases.length} cases`,
    () => report(coverage, gaps),
    timeout,
  );
  return coverage;
}

/** Runs one case by itself. */
export async function runCase(
  each: Case,
  subject: Subject<BaseConnection>,
  run: Run,
): Promise<void> {
  const { context, end } = contextOf(subject, run);
  const whole = async (): Promise<void> => {
    try {
      await each.run(context);
    } finally {
      await end();
    }
  };
  await watched(run, each.id, () =>
    subject.patience === undefined ? whole() : patience.run(subject.patience, whole),
  );
}

async function runGap(each: Case, subject: Subject<BaseConnection>, run: Run): Promise<void> {
  try {
    await runCase(each, subject, run);
  } catch {
    return;
  }
  throw new NonConformance(`${each.id} passes now: remove it from \`gaps\`.`);
}

function checkedGaps({ gaps = {} }: Subject<BaseConnection>): Map<string, string> {
  const ids = cases.map(({ id }) => id);
  for (const [id, reason] of Object.entries(gaps)) {
    if (!ids.includes(id)) {
      const near = didYouMean(id, ids);
      throw new ConnError(
        "CONN_ARGUMENT",
        `\`gaps\` names ${JSON.stringify(id)}, which is no case.`,
        near ? { hint: `Did you mean "${near}"?` } : {},
      );
    }
    if (typeof reason !== "string" || reason.trim() === "")
      throw new ConnError("CONN_ARGUMENT", `The gap ${id} has no reason.`, {
        hint: "Say why it cannot be closed.",
      });
  }
  return new Map(Object.entries(gaps));
}

async function report(coverage: Coverage, gaps: ReadonlyMap<string, string>): Promise<void> {
  console.log(coverage.toString());
  for (const { id, reason } of coverage.leftOut) {
    if (gaps.has(id))
      throw new NonConformance(
        `\`gaps\` names ${id}, which does not run here (${reason}): remove it.`,
      );
  }
}

function describe(title: string, ran: readonly string[], leftOut: readonly LeftOut[]): string {
  const reasons = new Map<string, string[]>();
  for (const { id, kind, reason } of leftOut) {
    const line = `${kind} (${reason})`;
    reasons.set(line, [...(reasons.get(line) ?? []), id]);
  }
  return [
    `${title}: ${ran.length} of ${cases.length} conformance cases ran.`,
    ...[...reasons].map(([reason, ids]) => `  ${reason}: ${ids.join(", ")}`),
  ].join("\n");
}
