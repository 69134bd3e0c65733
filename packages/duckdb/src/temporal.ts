import {
  DuckDBDateValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
} from "@duckdb/node-api";

const kinds = [
  DuckDBDateValue,
  DuckDBTimestampValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
] as const;

type Temporal = InstanceType<(typeof kinds)[number]>;

export function isTemporal(value: unknown): value is Temporal {
  return kinds.some((kind) => value instanceof kind);
}

/** A date or timestamp inside of a list or struct, as a column of its type has it; else as DuckDB writes it. */
export function temporalCell(value: Temporal): string | Date {
  if (!(value instanceof DuckDBTimestampTZValue)) return isoText(value) ?? temporalText(value);
  const { micros } = value;
  const date = new Date(Number((micros - modulo(micros, 1000n)) / 1000n));
  return Number.isNaN(date.getTime()) ? temporalText(value) : date;
}

/** `2024-01-02` or `2024-01-02T03:04:05.000006`; undefined for infinity, and where the year has not four digits. */
export function isoText(value: Temporal): string | undefined {
  const text = temporalText(value);
  return /^\d{4}-\d\d-\d\d(?! \(BC\))/.test(text) ? text.replace(" ", "T") : undefined;
}

/** As DuckDB writes it in UTC: `2024-01-02 03:04:05.000006+00`, `infinity`, `0044-03-15 (BC)`. */
export function temporalText(value: Temporal): string {
  if (value instanceof DuckDBDateValue) return dateText(value.days);
  if (!value.isFinite) return `${isBefore(value) ? "-" : ""}infinity`;
  // Its own text has the zone of this machine.
  if (value instanceof DuckDBTimestampTZValue)
    return `${new DuckDBTimestampValue(value.micros).toString()}+00`;
  return value.toString();
}

/** DuckDB keeps infinity as the last day that fits, which its client takes for a day. */
function dateText(days: number): string {
  const sign = days < 0 ? "-" : "";
  return Math.abs(days) === 2 ** 31 - 1 ? `${sign}infinity` : new DuckDBDateValue(days).toString();
}

function isBefore(value: Exclude<Temporal, DuckDBDateValue>): boolean {
  if (value instanceof DuckDBTimestampSecondsValue) return value.seconds < 0n;
  if (value instanceof DuckDBTimestampMillisecondsValue) return value.millis < 0n;
  if (value instanceof DuckDBTimestampNanosecondsValue) return value.nanos < 0n;
  return value.micros < 0n;
}

function modulo(value: bigint, by: bigint): bigint {
  return ((value % by) + by) % by;
}
