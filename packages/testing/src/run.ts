import { stripVTControlCharacters } from "node:util";

/** What one run of the kit saw beside the cases' own results. */
export interface Run {
  /** Rejections that nobody handled and exceptions that nobody caught, with the case they came in. */
  readonly strays: { readonly where: string; readonly error: unknown }[];
  /** Everything printed and warned while the plugin's code ran. */
  readonly output: { readonly where: string; readonly text: string }[];
  /** The values of all secret settings that connections were made with. */
  readonly secrets: Set<string>;
}

export function newRun(): Run {
  return { strays: [], output: [], secrets: new Set() };
}

const events = ["unhandledRejection", "uncaughtException"] as const;

/**
 * Runs a task while the process's strays and output are this run's: the test runner's own listeners
 * step aside, since the case that is about strays reports them.
 */
export async function watched<T>(run: Run, where: string, task: () => Promise<T>): Promise<T> {
  const stray = (error: unknown): void => void run.strays.push({ where, error });
  const warning = ({ name, message }: Error): void =>
    void run.output.push({ where, text: `${name}: ${message}` });
  const aside = events.map((event) => [event, process.rawListeners(event)] as const);
  for (const event of events) process.removeAllListeners(event).on(event, stray);
  process.on("warning", warning);
  const restoreOutput = listen((text) =>
    run.output.push({ where, text: stripVTControlCharacters(text) }),
  );
  try {
    return await task();
  } finally {
    // A rejection counts as unhandled once the microtasks have run; a warning comes a tick later.
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    restoreOutput();
    process.off("warning", warning);
    for (const [event, listeners] of aside) {
      process.off(event, stray);
      for (const listener of listeners) process.on(event, listener as (...args: unknown[]) => void);
    }
  }
}

/** Hears what is printed, which is printed all the same. */
function listen(hear: (text: string) => void): () => void {
  const restores: (() => void)[] = [];
  const tap = (target: object, method: string): void => {
    const original = Reflect.get(target, method) as (...args: unknown[]) => unknown;
    const tapped = function tapped(this: unknown, ...args: unknown[]): unknown {
      hear(args.map(String).join(" "));
      return original.apply(this, args);
    };
    Reflect.set(target, method, tapped);
    restores.push(
      () => void (Reflect.get(target, method) === tapped && Reflect.set(target, method, original)),
    );
  };
  // Test runners replace the console, so that it does not reach the streams.
  for (const method of ["log", "info", "warn", "error", "debug"]) tap(console, method);
  for (const stream of [process.stdout, process.stderr]) tap(stream, "write");
  return () => {
    for (const restore of restores.reverse()) restore();
  };
}
