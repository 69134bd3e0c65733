import { ConnError } from "@conn/core";
import type { Isolation } from "./options.ts";

const isolations: Readonly<Record<Isolation, true>> = {
  "read uncommitted": true,
  "read committed": true,
  "repeatable read": true,
  serializable: true,
  snapshot: true,
};

/**
 * Refuses what is no level: it becomes a part of the statement that begins the transaction.
 *
 * @throws CONN_ARGUMENT
 */
export function checkIsolation(isolation: Isolation | undefined): void {
  if (isolation === undefined || Object.hasOwn(isolations, isolation)) return;
  throw new ConnError("CONN_ARGUMENT", "`isolation` is no level that there is.", {
    hint: `Use one of: ${Object.keys(isolations).join(", ")}.`,
  });
}
