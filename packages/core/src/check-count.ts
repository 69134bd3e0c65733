import { ConnError } from "./errors.ts";

/** @throws CONN_ARGUMENT for an option that is there and no whole number from `least` on. */
export function checkCount(option: string, value: number | undefined, least = 1): void {
  if (value === undefined || (Number.isInteger(value) && value >= least)) return;
  throw new ConnError("CONN_ARGUMENT", `\`${option}\` is not a whole number from ${least} on.`, {
    hint: `Leave it out, or give for example ${option}: 1000.`,
  });
}
