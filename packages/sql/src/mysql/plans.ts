import type { ColumnPlan } from "../columns.ts";
import { type Field, planField } from "./types.ts";

/** The columns of a statement's answer, and how they are read. */
interface Known {
  readonly fields: readonly Field[];
  readonly plans: readonly ColumnPlan[];
}

const most = 256;
/** Longer texts are rarely sent twice. */
const longest = 10_000;

/** By the statement's text; those that came first go first. */
const known = new Map<string, Known>();

/** The plans for an answer to this text: those of the last one, on whichever server, where they still fit. */
export function plansFor(text: string, fields: readonly Field[]): readonly ColumnPlan[] {
  const before = known.get(text);
  if (before && areAlike(fields, before.fields)) return before.plans;
  const plans = fields.map(planField);
  if (text.length > longest) return plans;
  if (known.size >= most && !before) known.delete(known.keys().next().value!);
  known.set(text, { fields: fields.map(copyOf), plans });
  return plans;
}

/** Without the packet, which the driver's own object holds on to. */
function copyOf(field: Field): Field {
  return {
    name: field.name,
    columnType: field.columnType,
    columnLength: field.columnLength,
    characterSet: field.characterSet,
    decimals: field.decimals,
    extendedTypeName: field.extendedTypeName,
    extendedFormat: field.extendedFormat,
  };
}

function areAlike(fields: readonly Field[], others: readonly Field[]): boolean {
  if (fields.length !== others.length) return false;
  for (let index = 0; index < fields.length; index++)
    if (!isAlike(fields[index]!, others[index]!)) return false;
  return true;
}

function isAlike(field: Field, other: Field): boolean {
  return (
    field.name === other.name &&
    field.columnType === other.columnType &&
    field.columnLength === other.columnLength &&
    field.characterSet === other.characterSet &&
    field.decimals === other.decimals &&
    field.extendedTypeName === other.extendedTypeName &&
    field.extendedFormat === other.extendedFormat
  );
}
