import { Automaton } from "./automaton.ts";
import { formsOf } from "./forms.ts";

/** What stands in a text where a secret stood. */
export const mask = "[redacted]";

// All forms of all secrets together, in characters; the automaton takes about 60 bytes for each.
const capacity = 200_000;

// Words that everybody's texts are full of: masking them would hide the text and no secret.
const common = new Set(
  (
    "true false null none undefined default public private example " +
    "root admin administrator user username users guest test testing demo " +
    "password passwd passphrase secret secrets token " +
    "postgres postgresql mysql mariadb mssql sqlite oracle mongodb redis snowflake bigquery duckdb " +
    "localhost 127.0.0.1 connection connections database server string number object"
  ).split(" "),
);

interface Vault {
  /** The forms of each secret, the least recently registered first. */
  readonly secrets: Map<string, ReadonlySet<string>>;
  size: number;
  automaton: Automaton | undefined;
}

// Duplicate copies of core share it: what one copy read, the other must not show.
const key = Symbol.for("@conn/core/secrets/1");
const holder = globalThis as unknown as Record<symbol, Vault | undefined>;
if (!holder[key]) {
  const empty: Vault = { secrets: new Map(), size: 0, automaton: undefined };
  // Not enumerable, so that no dump of the globals shows the secrets.
  Object.defineProperty(holder, key, { value: empty });
}
const vault = holder[key]!;

export function remember(value: string): void {
  if (!isMaskable(value)) return;
  const known = vault.secrets.get(value);
  if (known) {
    vault.secrets.delete(value);
    vault.secrets.set(value, known);
    return;
  }
  const forms = new Set([...formsOf(value)].filter(isMaskable));
  vault.secrets.set(value, forms);
  vault.size += sizeOf(forms);
  vault.automaton = undefined;
  for (const [oldest, itsForms] of vault.secrets) {
    if (vault.size <= capacity || oldest === value) break;
    vault.secrets.delete(oldest);
    vault.size -= sizeOf(itsForms);
  }
}

/** Finds the secrets; `undefined` while there are none, so that nothing is spent on looking. */
export function finder(): Automaton | undefined {
  if (vault.secrets.size === 0) return undefined;
  return (vault.automaton ??= new Automaton(allForms()));
}

function isMaskable(value: string): boolean {
  if (value.length < 4 || common.has(value.toLowerCase())) return false;
  // Short numbers are ports, years and line numbers; blanks are blanks.
  return !/^(?:\d{1,5}|\s*)$/.test(value);
}

function* allForms(): Iterable<string> {
  for (const forms of vault.secrets.values()) yield* forms;
}

function sizeOf(forms: ReadonlySet<string>): number {
  let size = 0;
  for (const form of forms) size += form.length;
  return size;
}
