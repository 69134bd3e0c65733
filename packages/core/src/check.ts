import type { ConnError } from "./errors.ts";
import { wrap } from "./failure.ts";

/** One step of a check, in the order they ran. */
export interface CheckStage {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly error?: ConnError;
}

/** How a connection is: every step up to the first that failed. */
export interface CheckReport {
  readonly connection: string;
  readonly type: string;
  readonly ok: boolean;
  readonly stages: readonly CheckStage[];
}

/** The steps by their names. */
export type CheckSteps = Readonly<Record<string, () => Promise<unknown>>>;

/** Runs the steps in their order; what comes after a step that fails is not tried. */
export async function runCheck(
  { name, type }: { readonly name: string; readonly type: string },
  steps: CheckSteps | Promise<CheckSteps>,
): Promise<CheckReport> {
  const stages: CheckStage[] = [];
  let ok = true;
  for (const [step, run] of Object.entries(await steps)) {
    const start = performance.now();
    const error = await run().then(
      () => undefined,
      (reason: unknown) => wrap(reason, name, step),
    );
    ok = !error;
    stages.push({ name: step, ok, ms: performance.now() - start, ...(error && { error }) });
    if (!ok) break;
  }
  return { connection: name, type, ok, stages };
}
