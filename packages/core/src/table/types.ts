/**
 * What a column holds, and the JavaScript value of its cells. Missing is `null` in every type.
 *
 * | type | cell |
 * |---|---|
 * | `boolean` | boolean |
 * | `integer` | number where every value of the column is a safe integer, else bigint throughout |
 * | `float` | number |
 * | `decimal` | exact decimal text, such as `"12.50"` |
 * | `string`, `uuid` | string |
 * | `date` | `"YYYY-MM-DD"` |
 * | `time` | `"HH:MM:SS[.ffffff]"` |
 * | `timestamp` | Date: an instant |
 * | `datetime` | ISO 8601 text without a zone: what a clock on a wall showed |
 * | `interval` | ISO 8601 duration |
 * | `bytes` | Uint8Array |
 * | `json` | any JSON value |
 * | `list` | array |
 * | `unknown` | values of more than one kind, or nothing but nulls |
 */
export type ColumnType =
  | "boolean"
  | "integer"
  | "float"
  | "decimal"
  | "string"
  | "date"
  | "time"
  | "timestamp"
  | "datetime"
  | "interval"
  | "bytes"
  | "json"
  | "uuid"
  | "list"
  | "unknown";

/** A column as it came out. */
export interface ColumnInfo {
  /** Unique in its table. */
  readonly name: string;
  readonly type: ColumnType;
  /** Whether a null is among the values. */
  readonly nullable: boolean;
  /** Digits after the point, of a `decimal` whose source declares them. */
  readonly scale?: number;
}

/** A column as a source announces it; `type` is inferred from the values where it is absent. */
export interface ColumnSpec {
  readonly name: string;
  readonly type?: ColumnType | undefined;
  readonly scale?: number | undefined;
}

/** How a table was obtained. */
export interface TableMeta {
  /** Whether it came from the cache. */
  readonly cached: boolean;
  /** Seconds since it was loaded. */
  readonly age: number;
  /** Milliseconds that loading it took. */
  readonly ms: number;
  /** It is older than its time to live, served while the source is down or being asked. */
  readonly stale?: boolean;
  /** Rows were left out because of a limit. */
  readonly truncated?: boolean;
  readonly [key: string]: unknown;
}
