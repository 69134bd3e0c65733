import { describe, expect, it } from "vitest";
import { retry, RetryBudget, type RetryOptions } from "../src/retry.ts";

const policy = { base: 0.001, cap: 0.005 };
const always = () => ({ retry: true });

function failing(times: number): { calls: number; task: () => Promise<string> } {
  const script = {
    calls: 0,
    task: async () => {
      if (script.calls++ < times) throw new Error(`failure ${script.calls}`);
      return "fed";
    },
  };
  return script;
}

/** As connections do it: what succeeds at once does without. */
function run<T>(task: () => Promise<T>, options: RetryOptions): Promise<T> {
  const started = performance.now();
  return task().catch((error: unknown) => retry(task, error, started, options));
}

describe("retry", () => {
  it("repeats what may be repeated until it succeeds", async () => {
    const { task } = failing(2);
    const waits: number[] = [];
    const result = await run(task, {
      classify: always,
      budget: new RetryBudget(),
      policy,
      onRetry: (_, wait) => waits.push(wait),
    });
    expect(result).toBe("fed");
    expect(waits).toHaveLength(2);
  });

  it("gives up after its attempts, with the last error", async () => {
    const script = failing(9);
    await expect(
      run(script.task, { classify: always, budget: new RetryBudget(), policy }),
    ).rejects.toThrow("failure 3");
    expect(script.calls).toBe(3);
  });

  it("never repeats what the classifier calls final", async () => {
    const script = failing(1);
    await expect(
      run(script.task, { classify: () => ({ retry: false }), budget: new RetryBudget(), policy }),
    ).rejects.toThrow("failure 1");
    expect(script.calls).toBe(1);
  });

  it("keeps a hundred failing callers inside one budget", async () => {
    const budget = new RetryBudget(10);
    let calls = 0;
    const task = async (): Promise<never> => {
      calls++;
      throw new Error("down");
    };
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, () => run(task, { classify: always, budget, policy })),
    );
    expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
    expect(calls).toBe(110);
  });

  it("earns budget back by success", async () => {
    const budget = new RetryBudget(1);
    expect([budget.spend(), budget.spend()]).toEqual([true, false]);
    for (let success = 0; success < 11; success++) budget.earn();
    expect([budget.spend(), budget.spend()]).toEqual([true, false]);
  });

  it("waits at least as long as the source asked", async () => {
    const waits: number[] = [];
    const { task } = failing(1);
    await run(task, {
      classify: () => ({ retry: true, after: 0.02 }),
      budget: new RetryBudget(),
      policy,
      onRetry: (_, wait) => waits.push(wait),
    });
    expect(waits[0]).toBeGreaterThanOrEqual(0.02);
  });

  it("begins no attempt past its deadline", async () => {
    const script = failing(9);
    const running = run(script.task, {
      classify: () => ({ retry: true, after: 60 }),
      budget: new RetryBudget(),
      policy: { ...policy, deadline: 30 },
    });
    await expect(running).rejects.toThrow("failure 1");
  });

  it("leaves a pause as soon as the signal is aborted", async () => {
    const controller = new AbortController();
    const script = failing(9);
    const running = run(script.task, {
      classify: () => ({ retry: true, after: 20 }),
      budget: new RetryBudget(),
      signal: controller.signal,
      onRetry: () => setImmediate(() => controller.abort()),
    });
    await expect(running).rejects.toThrow("failure 1");
    expect(script.calls).toBe(1);
  });
});
