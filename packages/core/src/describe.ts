import { BaseConnection } from "./connection.ts";
import type { ConnectionClass } from "./connection-class.ts";
import { type Field, fieldsOf } from "./fields.ts";
import { methodsOf } from "./member-hint.ts";
import { assertClass } from "./registry.ts";

/** What `help()` knows about a connection. */
export interface Help {
  readonly type: string;
  readonly className: string;
  /** The connection's name, where help was asked of one. */
  readonly connection?: string;
  readonly settings: readonly Field[];
  readonly members: readonly { readonly name: string; readonly description?: string }[];
  /** The same as text for a terminal. */
  toString(): string;
}

const baseMembers: Readonly<Record<string, string>> = {
  client: "The vendor's own client, opened on first use.",
  reset: "Releases the client and drops cached results; the next use opens again.",
  close: "Ends the connection once running calls have finished.",
  check: "Opens and pings the source and tells how each step went.",
};

export function describe(subject: BaseConnection | ConnectionClass): Help {
  const connection = typeof subject === "object" ? subject : undefined;
  const connectionClass: unknown = connection ? connection.constructor : subject;
  assertClass(connectionClass, "help()");
  const known: Readonly<Record<string, string>> = { ...baseMembers, ...connectionClass.members };
  const prototype = connectionClass.prototype as object;
  const names = [
    ...new Set([...Object.keys(connectionClass.members ?? {}), ...methodsOf(prototype)]),
  ].filter((name) => name !== "toJSON");
  const data = {
    type: connectionClass.type,
    className: connectionClass.name,
    ...(connection ? { connection: connection.name } : {}),
    settings: fieldsOf(connectionClass),
    members: names.map((name) =>
      Object.hasOwn(known, name) ? { name, description: known[name]! } : { name },
    ),
  };
  return Object.defineProperty(data, "toString", {
    value: () => format(data),
    enumerable: false,
  }) as Help;
}

function format({
  type,
  className,
  connection,
  settings,
  members,
}: Omit<Help, "toString">): string {
  const title =
    connection === undefined
      ? `${className} (type "${type}")`
      : `${connection}: ${className} (type "${type}")`;
  const setting = ({
    name,
    type: kind,
    required,
    secret,
    description,
    default: fallback,
    example,
  }: Field): [string, string] => {
    const notes = [
      required && "required",
      secret && "secret",
      fallback !== undefined && `default ${JSON.stringify(fallback)}`,
      example !== undefined && `such as ${JSON.stringify(example)}`,
    ].filter(Boolean);
    return [
      `${name}: ${kind}`,
      [description, notes.length > 0 && `(${notes.join(", ")})`].filter(Boolean).join(" "),
    ];
  };
  return [
    title,
    "",
    `Settings, in [connections.${connection ?? "<name>"}] of .conn/secrets.toml:`,
    ...columns(settings.map(setting)),
    "",
    "Members:",
    ...columns(members.map(({ name, description = "" }) => [name, description])),
  ].join("\n");
}

function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(32, Math.max(0, ...rows.map(([left]) => left.length)));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd());
}
