import { type BaseConnection, can } from "@conn/core";
import { settingsOf } from "./settings.ts";
import type { Subject } from "./subject.ts";
import { values, type Values } from "./values.ts";

/** What a case needs: of the class, which it has or has not, or of the author, who may give it. */
export type Need =
  | "package"
  | "settings"
  | "required settings"
  | "secret settings"
  | "query or read"
  | "execute or write"
  | "stream method"
  | "browse method"
  | "ping hook"
  | "variants"
  | "fails"
  | "slow"
  | "slow.running"
  | "writes"
  | "streams"
  | "network"
  | "script"
  | `values.${keyof Values}`;

/** Why a case does not run: the class has no use for it, or the author gave no means. */
export interface Unmet {
  readonly kind: "does not apply" | "not covered";
  readonly reason: string;
}

/** The first need that is not met; those of the class come first. */
export function unmet(needs: readonly Need[], subject: Subject<BaseConnection>): Unmet | undefined {
  const reasons = needs
    .map((need) => check(need, subject))
    .filter((reason) => reason !== undefined);
  return reasons.find(({ kind }) => kind === "does not apply") ?? reasons[0];
}

function check(need: Need, subject: Subject<BaseConnection>): Unmet | undefined {
  const prototype = subject.type.prototype as BaseConnection;
  const settings = settingsOf(subject);
  switch (need) {
    case "package":
      return applies(subject.package !== false, "`package` is false");
    case "settings":
      return applies(settings.length > 0, "the schema has no settings that it could describe");
    case "required settings":
      return applies(
        settings.some(({ required }) => required),
        "no setting is required",
      );
    case "secret settings":
      return applies(
        settings.some(({ secret }) => secret),
        "no setting is secret",
      );
    case "query or read":
      return applies(
        can(prototype, "query") || can(prototype, "read"),
        "the class has neither `query` nor `read`",
      );
    case "execute or write":
      return applies(
        can(prototype, "execute") || can(prototype, "write"),
        "the class has neither `execute` nor `write`",
      );
    case "stream method":
      return applies(can(prototype, "stream"), "the class has no `stream`");
    case "browse method":
      return applies(can(prototype, "browse"), "the class has no `browse`");
    case "ping hook":
      return applies(
        typeof Reflect.get(prototype, "ping") === "function",
        "the class has no `ping`",
      );
    case "slow.running":
      return given(subject.slow?.running, need);
    case "variants":
    case "fails":
    case "slow":
    case "writes":
    case "streams":
    case "network":
    case "script":
      return given(subject[need], need);
    default:
      return given(subject.values?.[need.slice("values.".length) as keyof typeof values], need);
  }
}

function applies(holds: boolean, reason: string): Unmet | undefined {
  return holds ? undefined : { kind: "does not apply", reason };
}

function given(option: unknown, name: string): Unmet | undefined {
  return option === undefined ? { kind: "not covered", reason: `give \`${name}\`` } : undefined;
}
