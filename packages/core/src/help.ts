import type { BaseConnection } from "./connection.ts";
import type { ConnectionClass } from "./connection-class.ts";
import type { Help } from "./describe.ts";

/**
 * The settings and members of a connection or a class: as data, and as text through `String(await help(…))`.
 *
 * @throws CONN_PLUGIN_INVALID for something that is no connection.
 */
export async function help(subject: BaseConnection | ConnectionClass): Promise<Help> {
  const { describe } = await import("./describe.ts");
  return describe(subject);
}
