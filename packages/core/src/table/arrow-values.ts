import { Collector } from "./collector.ts";
import type { Core } from "./column.ts";
import { instantText } from "./text.ts";
import type { ColumnSpec, ColumnType } from "./types.ts";

/** The parts of an Arrow table that flechette and apache-arrow share. */
export interface ArrowTable {
  readonly schema: { readonly fields: readonly ArrowField[] };
  readonly numRows: number;
  readonly numCols: number;
  getChild(name: string): ArrowVector | null;
  getChildAt(index: number): ArrowVector | null;
}

export interface ArrowVector extends Iterable<unknown> {
  readonly length: number;
  readonly type: ArrowDataType;
}

export interface ArrowField {
  readonly name: string;
  readonly type: ArrowDataType;
  readonly nullable: boolean;
  readonly metadata?: ReadonlyMap<string, string> | null;
}

export interface ArrowDataType {
  readonly typeId: number;
  readonly unit?: number;
  readonly scale?: number;
  readonly timezone?: string | null;
  /** Of a dictionary: flechette's and apache-arrow's names for the type of its values. */
  readonly dictionary?: ArrowDataType;
  /** Of a list, a struct or a map. */
  readonly children?: readonly Pick<ArrowField, "name" | "type">[] | null;
}

/** Where the type of our column is kept in an Arrow field, for Arrow has no word for some. */
export const typeKey = "conn.type";

type Convert = (value: unknown) => unknown;

/** The columns of an Arrow table, in memory of their own. */
export function coreFromArrow(arrow: ArrowTable): Core {
  const sources = arrow.schema.fields.map((field, index) => ({ ...sourceOf(field), index }));
  const collector = new Collector(sources.map(({ spec }) => spec));
  const chunks = sources.map(({ convert, index }) => {
    const vector = arrow.getChildAt(index);
    const values: unknown[] = [];
    for (const value of vector ?? []) values.push(value === null ? null : convert(value));
    return values;
  });
  collector.appendColumns(chunks, arrow.numRows);
  return collector.finishCore();
}

function sourceOf(field: ArrowField): { spec: ColumnSpec; convert: Convert } {
  const { name, metadata } = field;
  const noted = metadata?.get(typeKey) as ColumnType | undefined;
  const type = field.type.typeId === -1 ? (field.type.dictionary ?? field.type) : field.type;
  const [natural, convert] = conversion(type);
  if (noted === undefined || noted === natural) {
    return {
      spec: { name, type: natural, scale: natural === "decimal" ? type.scale : undefined },
      convert,
    };
  }
  if (natural === "string") {
    if (noted === "json" || noted === "list" || noted === "unknown") {
      return {
        spec: { name, type: noted === "unknown" ? undefined : noted },
        convert: orText(JSON.parse),
      };
    }
    if (noted === "integer") return { spec: { name, type: noted }, convert: orText(BigInt) };
    if (textual.has(noted)) return { spec: { name, type: noted }, convert };
  }
  return { spec: { name, type: natural }, convert };
}

const textual: ReadonlySet<string> = new Set([
  "string",
  "decimal",
  "date",
  "time",
  "datetime",
  "interval",
  "uuid",
]);

/** By the numbers of https://github.com/apache/arrow/blob/main/format/Schema.fbs, union Type. */
function conversion(type: ArrowDataType): [ColumnType | undefined, Convert] {
  const perSecond = 1000 ** (type.unit ?? 0);
  switch (type.typeId) {
    case 2:
      return ["integer", same];
    case 3:
      return ["float", same];
    case 4:
    case 15:
    case 19:
    case 23:
      return ["bytes", same];
    case 5:
    case 20:
    case 24:
      return ["string", same];
    case 6:
      return ["boolean", same];
    case 7:
      return ["decimal", (value) => decimalText(value, type.scale ?? 0)];
    case 8:
      return ["date", (value) => instantText(Number(value)).split("T", 1)[0]];
    case 9:
      return ["time", (value) => timeText(BigInt(value as number), perSecond)];
    case 10:
      if (type.timezone)
        return ["timestamp", (value) => (value instanceof Date ? value : Number(value))];
      return ["datetime", (value) => instantText(Number(value)).replace(/(\.000)?Z$/, "")];
    case 12:
    case 16:
    case 21:
    case 25:
    case 26:
      return ["list", listOf(nested(type.children?.[0]?.type))];
    case 13:
      return ["json", structOf(type.children ?? [])];
    case 17:
      return ["json", pairsOf(type.children?.[0]?.type.children ?? [])];
    case 18:
      return ["interval", (value) => durationText(BigInt(value as number), perSecond)];
    default:
      return [undefined, same];
  }
}

/** Of values inside of others, for which no column keeps a type. */
function nested(type: ArrowDataType | undefined): Convert {
  if (type === undefined) return same;
  const [kind, convert] = conversion(type.typeId === -1 ? (type.dictionary ?? type) : type);
  return (value) => {
    if (value === null || value === undefined) return null;
    const converted = convert(value);
    if (kind === "timestamp" && typeof converted === "number")
      return new Date(Math.floor(converted));
    if (kind === "integer" && typeof converted === "bigint")
      return Number.isSafeInteger(Number(converted)) ? Number(converted) : converted;
    return converted;
  };
}

/** Lists come as arrays, as typed ones, or as vectors. */
function listOf(convert: Convert): Convert {
  return (list) => Array.from(list as Iterable<unknown>, convert);
}

function structOf(children: readonly Pick<ArrowField, "name" | "type">[]): Convert {
  const fields = children.map(({ name, type }) => [name, nested(type)] as const);
  return (struct) =>
    Object.fromEntries(
      fields.map(([name, convert]) => [name, convert((struct as Record<string, unknown>)[name])]),
    );
}

/** Maps come as pairs, and become objects. */
function pairsOf(children: readonly Pick<ArrowField, "name" | "type">[]): Convert {
  const [key, value] = children.map(({ type }) => nested(type)) as [Convert, Convert];
  return (map) =>
    Object.fromEntries(
      Array.from(map as Iterable<[unknown, unknown]>, ([name, item]) => [
        keyText(key(name)),
        value(item),
      ]),
    );
}

function keyText(key: unknown): string {
  return key instanceof Date ? key.toISOString() : String(key);
}

/** Another program may have kept our note on a field and changed its values: then they are what they are. */
function orText(parse: (text: string) => unknown): Convert {
  return (value) => {
    try {
      return parse(String(value));
    } catch {
      return value;
    }
  };
}

function same(value: unknown): unknown {
  return value;
}

/** flechette gives scaled integers, or numbers that it may have rounded; apache-arrow 32-bit words. */
function decimalText(value: unknown, scale: number): string {
  if (typeof value === "number" && !Number.isInteger(value)) return String(value);
  return typeof value === "bigint" || typeof value === "number"
    ? scaledText(BigInt(value), scale)
    : scaledText(fromWords(value as Uint32Array), scale);
}

function fromWords(words: Uint32Array): bigint {
  let integer = 0n;
  for (let index = words.length - 1; index >= 0; index--)
    integer = (integer << 32n) | BigInt(words[index]!);
  return BigInt.asIntN(words.length * 32, integer);
}

function scaledText(integer: bigint, scale: number): string {
  if (scale <= 0) return String(integer * 10n ** BigInt(-scale));
  const digits = String(integer < 0n ? -integer : integer).padStart(scale + 1, "0");
  return `${integer < 0n ? "-" : ""}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function timeText(value: bigint, perSecond: number): string {
  const [seconds, fraction] = divide(value, perSecond);
  const parts = [seconds / 3600n, (seconds / 60n) % 60n, seconds % 60n];
  return parts.map((part) => String(part).padStart(2, "0")).join(":") + fraction;
}

function durationText(value: bigint, perSecond: number): string {
  const [seconds, fraction] = divide(value < 0n ? -value : value, perSecond);
  return `${value < 0n ? "-" : ""}PT${seconds}${fraction}S`;
}

/** Whole seconds, and the rest as `.5` or nothing. */
function divide(value: bigint, perSecond: number): [bigint, string] {
  const unit = BigInt(perSecond);
  const rest = value % unit;
  const digits = String(rest)
    .padStart(String(perSecond).length - 1, "0")
    .replace(/0+$/, "");
  return [value / unit, rest === 0n ? "" : `.${digits}`];
}
