import { type ColumnType, ConnError, type Table } from "@conn/core";
import { cellReader, type Column, columnsOfTable, instantOf, isValid } from "@conn/core/toolkit";
import { noColumn } from "./absent.ts";
import { misfitting } from "./misfit.ts";

/** What a cell is compared with. */
export type WhereValue = string | number | bigint | boolean | Date;

/** Tests of one column; a row has to pass all of them. */
export interface Comparison {
  readonly "="?: WhereValue;
  readonly "!="?: WhereValue;
  readonly "<"?: WhereValue;
  readonly "<="?: WhereValue;
  readonly ">"?: WhereValue;
  readonly ">="?: WhereValue;
  readonly in?: readonly WhereValue[];
  readonly notIn?: readonly WhereValue[];
  /** `true` asks for null, `false` for anything else. */
  readonly null?: boolean;
}

/** A test for each column named; a row has to pass all of them. A bare value means `=`, a list `in`. */
export type Conditions = Readonly<Record<string, WhereValue | readonly WhereValue[] | Comparison>>;

/**
 * Which rows to read: `{ species: "cat", age: { ">=": 3 } }`. Conditions in a list are alternatives: one has to hold.
 * As in SQL, a null passes no test but `{ null: true }`, and so is not `!=` to anything. A Date stands for its whole
 * millisecond, so that the Date of a row finds the row; text of an instant is compared to the microsecond.
 */
export type Where = Conditions | readonly Conditions[];

/** The conditions as a list of alternatives; none where nothing is asked. */
export function alternatives(where: Where | undefined): readonly Conditions[] {
  if (where === undefined) return [];
  return Array.isArray(where) ? (where as readonly Conditions[]) : [where as Conditions];
}

/** A column's tests in their long form. Errors: `CONN_ARGUMENT` where a test is none. */
export function comparisonOf(
  name: string,
  condition: WhereValue | readonly WhereValue[] | Comparison,
): Comparison {
  if (Array.isArray(condition)) return { in: condition as readonly WhereValue[] };
  if (condition === null || condition === undefined) {
    throw new ConnError("CONN_ARGUMENT", `\`where\` compares "${name}" with nothing.`, {
      hint: `For rows where it is null: { ${name}: { null: true } }.`,
    });
  }
  if (typeof condition !== "object" || condition instanceof Date) return { "=": condition };
  for (const operator of Object.keys(condition)) {
    if (operators.has(operator)) continue;
    throw new ConnError("CONN_ARGUMENT", `\`where\` does not know the test "${operator}".`, {
      hint: `The tests: ${[...operators].join(" ")}.`,
    });
  }
  return condition as Comparison;
}

const operators: ReadonlySet<string> = new Set([
  "=",
  "!=",
  "<",
  "<=",
  ">",
  ">=",
  "in",
  "notIn",
  "null",
]);

/** The numbers of the rows that pass. Errors: `CONN_ARGUMENT` for a column or a value that does not fit the table. */
export function passing(table: Table, where: Where): Uint32Array {
  const columns = columnsOfTable(table);
  const rules = alternatives(where).map((conditions) =>
    Object.entries(conditions).map(([name, condition]) => {
      const column = columns.find((each) => each.name === name);
      if (!column) {
        const names = columns.map((each) => each.name);
        throw noColumn(name, names, `\`where\` names "${name}", and there is no such column.`);
      }
      return rowTest(column, comparisonOf(name, condition));
    }),
  );
  const rows = new Uint32Array(table.length);
  let count = 0;
  for (let row = 0; row < table.length; row++)
    if (rules.some((tests) => tests.every((test) => test(row)))) rows[count++] = row;
  return rows.subarray(0, count);
}

function rowTest(column: Column, comparison: Comparison): (row: number) => boolean {
  const read = comparableReader(column);
  const test = valueTest(column.name, column.type, comparison);
  // Each word of a dictionary is tested once, however many rows have it.
  if (column.storage.kind === "dictionary") {
    const { data, words } = column.storage;
    const answers = words.map((word) =>
      test(word === null ? null : toComparable(column.type, word)),
    );
    return (row) => answers[data[row]!]!;
  }
  return (row) => test(read(row));
}

/** What can be compared by `<`: numbers exactly, instants as milliseconds, text by code points. */
export type Comparable = string | number | bigint | boolean | Decimal | null;

/** A test of one cell, which comes as `toComparable` makes it. */
export function valueTest(
  name: string,
  type: ColumnType,
  comparison: Comparison,
): (cell: Comparable) => boolean {
  const against = (given: WhereValue): ((cell: Comparable) => number) => {
    const other = givenComparable(name, type, given);
    // A Date has whole milliseconds, and stands for all of its own.
    return type === "timestamp" && given instanceof Date
      ? (cell) => compare(Math.floor(cell as number), other)
      : (cell) => compare(cell, other);
  };
  const tests: ((cell: Comparable) => boolean)[] = [];
  const order = (given: WhereValue | undefined, passes: (sign: number) => boolean): void => {
    if (given === undefined) return;
    const sign = against(given);
    tests.push((cell) => cell !== null && passes(sign(cell)));
  };
  order(comparison["="], (sign) => sign === 0);
  order(comparison["!="], (sign) => sign !== 0);
  order(comparison["<"], (sign) => sign < 0);
  order(comparison["<="], (sign) => sign <= 0);
  order(comparison[">"], (sign) => sign > 0);
  order(comparison[">="], (sign) => sign >= 0);
  if (comparison.in) {
    const list = comparison.in.map(against);
    tests.push((cell) => cell !== null && list.some((sign) => sign(cell) === 0));
  }
  if (comparison.notIn) {
    const list = comparison.notIn.map(against);
    tests.push((cell) => cell !== null && list.every((sign) => sign(cell) !== 0));
  }
  if (comparison.null !== undefined) {
    const wanted = comparison.null;
    tests.push((cell) => (cell === null) === wanted);
  }
  return (cell) => tests.every((test) => test(cell));
}

function comparableReader({ type, storage }: Column): (row: number) => Comparable {
  if (storage.kind === "instant")
    return (row) => (isValid(storage.valid, row) ? storage.data[row]! : null);
  const read = cellReader(storage);
  return (row) => {
    const cell = read(row);
    return cell === null ? null : toComparable(type, cell);
  };
}

/** A cell, or a statistic's value, as it is compared. */
export function toComparable(type: ColumnType, cell: unknown): Comparable {
  if (cell instanceof Date) return cell.getTime();
  if (type === "decimal" && typeof cell === "string") return decimalOf(cell);
  if (type === "datetime" && typeof cell === "string") return wallClock(cell);
  if (type === "date" && typeof cell === "string") return Date.parse(cell);
  return cell as Comparable;
}

function givenComparable(name: string, type: ColumnType, given: WhereValue): Comparable {
  const wrong = (wanted: string): ConnError => {
    const other = given instanceof Date ? "a Date" : `the ${typeof given} ${String(given)}`;
    const said = `\`where\` compares "${name}", of type ${type}, with ${other}.`;
    const error = new ConnError("CONN_ARGUMENT", said, { hint: `Give ${wanted}.` });
    return misfitting(error, { name, type, given: other });
  };
  switch (type) {
    case "boolean":
      if (typeof given !== "boolean") throw wrong("true or false");
      return given;
    case "integer":
    case "float":
      if (typeof given !== "number" && typeof given !== "bigint") throw wrong("a number or bigint");
      return given;
    case "decimal": {
      const text = given instanceof Date ? "" : String(given);
      if (!/^-?\d+(\.\d+)?$/.test(text)) throw wrong('a number, or its text such as "12.50"');
      return decimalOf(text);
    }
    case "timestamp": {
      const ms = given instanceof Date ? given.getTime() : zonedInstant(String(given));
      if (Number.isNaN(ms)) throw wrong("a Date, or text with a zone such as 2024-02-29T12:00:00Z");
      return ms;
    }
    case "datetime": {
      const ms = typeof given === "string" ? wallClock(given) : NaN;
      if (Number.isNaN(ms)) throw wrong("text such as 2024-02-29T12:00:00");
      return ms;
    }
    case "date": {
      // As text, the year 10000 would stand before 2024.
      const day = typeof given === "string" && /^([+-]\d{6}|\d{4})(-\d\d){0,2}$/.test(given);
      const ms = day ? Date.parse(given) : NaN;
      if (Number.isNaN(ms)) throw wrong("text such as 2024-02-29");
      return ms;
    }
    case "string":
    case "uuid":
    case "time":
    case "interval":
      if (typeof given !== "string") throw wrong("text");
      return given;
    case "bytes":
    case "list":
    case "json":
      throw new ConnError("CONN_ARGUMENT", `\`where\` cannot compare "${name}", of type ${type}.`, {
        hint: "Only { null: true } and { null: false } test it.",
      });
    case "unknown":
      return given instanceof Date ? given.getTime() : given;
  }
}

/** Negative, zero or positive as in a sort; NaN where the two cannot be compared. */
export function compare(one: Comparable, other: Comparable): number {
  if (one instanceof Decimal && other instanceof Decimal) return one.compare(other);
  if (typeof one === "string" && typeof other === "string") return compareText(one, other);
  const numeric =
    (typeof one === "number" || typeof one === "bigint") &&
    (typeof other === "number" || typeof other === "bigint");
  if (!numeric && typeof one !== typeof other) return NaN;
  if (one! < other!) return -1;
  if (one! > other!) return 1;
  return one == other ? 0 : NaN;
}

/** By code points, as UTF-8 sorts and Parquet's statistics do; UTF-16 puts pairs of surrogates too early. */
function compareText(one: string, other: string): number {
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at++) {
    const [left, right] = [one.charCodeAt(at), other.charCodeAt(at)];
    if (left === right) continue;
    const [leftPair, rightPair] = [isSurrogate(left), isSurrogate(right)];
    return leftPair === rightPair ? left - right : leftPair ? 1 : -1;
  }
  return one.length - other.length;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/** An exact decimal number. */
class Decimal {
  readonly unscaled: bigint;
  readonly scale: number;

  constructor(unscaled: bigint, scale: number) {
    this.unscaled = unscaled;
    this.scale = scale;
  }

  compare(other: Decimal): number {
    const scale = Math.max(this.scale, other.scale);
    const left = this.unscaled * 10n ** BigInt(scale - this.scale);
    const right = other.unscaled * 10n ** BigInt(scale - other.scale);
    return left < right ? -1 : left > right ? 1 : 0;
  }
}

function decimalOf(text: string): Comparable {
  const [whole = "", fraction = ""] = text.split(".");
  try {
    return new Decimal(BigInt(`${whole === "-" ? "-0" : whole}${fraction}`), fraction.length);
  } catch {
    return text;
  }
}

/** Milliseconds since 1970 with microseconds in the fraction; NaN for text without a zone. */
export function zonedInstant(text: string): number {
  if (!/(Z|[+-]\d\d:?\d\d)$/.test(text)) return NaN;
  // Dates know no more than three digits.
  const micros = /\.\d{3}(\d{1,3})/.exec(text)?.[1] ?? "";
  return instantOf(Date.parse(text), Number(micros.padEnd(3, "0")) / 1000);
}

/** Milliseconds, as if the clock hung in UTC, with microseconds in the fraction. */
function wallClock(text: string): number {
  const parts = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(\.\d+)?)?$/.exec(text);
  if (!parts) return NaN;
  return Date.parse(`${parts[1]}T${parts[2] ?? "00:00"}Z`) + Number(`0${parts[3] ?? ""}`) * 1000;
}
