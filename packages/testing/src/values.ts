/** What the reads of `values` must give: one row of one cell, except for `empty`. */
export interface Values {
  /** No row, of at least one column. */
  readonly empty: undefined;
  readonly null: null;
  readonly boolean: true;
  readonly bigint: bigint;
  readonly decimal: string;
  readonly date: string;
  readonly timestamp: Date;
  readonly bytes: Uint8Array;
  readonly text: string;
}

/**
 * The values that a source must carry unharmed: an integer beyond 2^53, more digits than a float has,
 * a day that no time zone may shift, an instant with milliseconds, bytes that are not UTF-8, and text
 * of several scripts.
 */
export const values: Values = {
  empty: undefined,
  null: null,
  boolean: true,
  bigint: 9_007_199_254_740_993n,
  decimal: "12345678901234567890.12",
  date: "2024-02-29",
  timestamp: new Date("2024-02-29T12:34:56.789Z"),
  bytes: Uint8Array.of(0, 1, 127, 128, 254, 255),
  text: "Zoë 'jerry' \"barbara\" \\ 🐟 日本 \u0627\u0644",
};
