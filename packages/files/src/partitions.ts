import { ConnError } from "@conn/core";
import type { Comparison, Conditions, Where, WhereValue } from "@conn/formats";
import type { Location } from "./location.ts";
import type { StoredFile } from "./store.ts";

export type PartitionValue = string | number | null;

/** Columns that a file's folders tell: `year=2026/species=cat/` has two. */
export type Partition = Readonly<Record<string, PartitionValue>>;

/** What Hive writes for null. */
const hiveNull = "__HIVE_DEFAULT_PARTITION__";

/**
 * The partitions of a folder's files by their paths; empty where not all of them are partitioned alike. A
 * column whose values are all whole numbers has numbers; `007` is text.
 */
export function partitionsOf(folder: Location, files: readonly StoredFile[]): readonly Partition[] {
  const paths = files.map(({ key }) => key.slice(folder.key.length).replaceAll("\\", "/"));
  const all = paths.map(pairsOf);
  const names = [...(all[0]?.keys() ?? [])];
  const alike = all.every(
    (pairs) => pairs.size === names.length && names.every((name) => pairs.has(name)),
  );
  if (!alike) return paths.map(() => ({}));
  const numeric = new Set(
    names.filter((name) => all.every((pairs) => isWholeNumber(pairs.get(name) ?? null))),
  );
  return all.map((pairs) =>
    Object.fromEntries(
      [...pairs].map(([name, text]) => [
        name,
        text !== null && numeric.has(name) ? Number(text) : text,
      ]),
    ),
  );
}

/**
 * What is left to ask of a file's rows, once its partition has answered its part: undefined where none
 * of them can pass.
 */
export function prune(
  where: Where | undefined,
  partition: Partition,
): { readonly where: Where | undefined } | undefined {
  if (where === undefined) return { where };
  const alternatives: readonly Conditions[] = Array.isArray(where) ? where : [where as Conditions];
  const left = alternatives
    .filter((conditions) =>
      Object.entries(conditions).every(([name, test]) => {
        if (!Object.hasOwn(partition, name)) return true;
        const value = partition[name] ?? null;
        demandSameType(name, value, test);
        return passes(value, test);
      }),
    )
    .map((conditions) =>
      Object.fromEntries(
        Object.entries(conditions).filter(([name]) => !Object.hasOwn(partition, name)),
      ),
    );
  if (left.length === 0) return undefined;
  // One that asks nothing more lets every row pass.
  return {
    where: left.some((conditions) => Object.keys(conditions).length === 0) ? undefined : left,
  };
}

type Test = Conditions[string];

/**
 * A folder's value is a number or text, and what it is compared with has to be one, too.
 *
 * @throws CONN_ARGUMENT where it is not: no file would pass, and nobody would learn why.
 */
function demandSameType(name: string, value: PartitionValue, test: Test): void {
  if (value === null) return;
  const operands: readonly unknown[] = Array.isArray(test)
    ? test
    : typeof test === "object" && !(test instanceof Date)
      ? Object.entries(test as Comparison).flatMap(([operator, operand]) =>
          operator === "null" ? [] : operand,
        )
      : [test];
  for (const operand of operands) {
    const type = typeof operand === "bigint" ? "number" : typeof operand;
    if (operand === null || type === typeof value) continue;
    const kind = typeof value === "number" ? "a number" : "text";
    throw new ConnError(
      "CONN_ARGUMENT",
      `\`where\` compares "${name}", which the folders tell as ${kind}, with another type.`,
      { hint: `Compare it with ${kind}, such as { ${name}: ${JSON.stringify(value)} }.` },
    );
  }
}

function passes(value: PartitionValue, test: Test): boolean {
  if (Array.isArray(test)) return isIn(value, test as readonly WhereValue[]);
  if (typeof test !== "object" || test instanceof Date) return equal(value, test);
  return Object.entries(test as Comparison).every(([operator, operand]: [string, unknown]) => {
    if (operator === "null") return (value === null) === operand;
    if (value === null) return false;
    switch (operator) {
      case "in":
        return isIn(value, operand as readonly WhereValue[]);
      case "notIn":
        return !isIn(value, operand as readonly WhereValue[]);
      case "=":
        return equal(value, operand as WhereValue);
      case "!=":
        return !equal(value, operand as WhereValue);
      case "<":
        return value < (operand as string);
      case "<=":
        return value <= (operand as string);
      case ">":
        return value > (operand as string);
      case ">=":
        return value >= (operand as string);
      default:
        return true;
    }
  });
}

function isIn(value: PartitionValue, list: readonly WhereValue[]): boolean {
  return list.some((each) => equal(value, each));
}

function equal(value: PartitionValue, other: WhereValue): boolean {
  if (value === null) return false;
  return value === other || (typeof other === "bigint" && value === Number(other));
}

function pairsOf(path: string): Map<string, string | null> {
  const pairs = new Map<string, string | null>();
  for (const segment of path.split("/").slice(0, -1)) {
    const cut = segment.indexOf("=");
    if (cut <= 0) continue;
    const [name, value] = [segment.slice(0, cut), segment.slice(cut + 1)].map(unescape);
    pairs.set(name!, value === hiveNull ? null : value!);
  }
  return pairs;
}

/** Hive writes what a path cannot hold as `%3A`. */
function unescape(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function isWholeNumber(text: string | null): boolean {
  return text === null || (/^(?:0|-?[1-9]\d*)$/.test(text) && Number.isSafeInteger(Number(text)));
}
