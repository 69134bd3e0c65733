import { ConnError } from "@conn/core";
import type { FormatOptions, Limits } from "./options.ts";

const defaults: Readonly<Record<keyof Limits, number>> = {
  decompressedSize: 16e9,
  lineLength: 64e6,
  depth: 200,
  cells: 500e6,
  columns: 100_000,
};

export function limitOf(options: FormatOptions, name: keyof Limits): number {
  return options.limits?.[name] ?? defaults[name];
}

export function overLimit(
  file: string,
  name: keyof Limits,
  limit: number,
  what: string,
): ConnError {
  return new ConnError(
    "CONN_LIMIT",
    `${file}: ${what}: the limit is ${limit.toLocaleString("en")}.`,
    {
      hint: `Where you trust the file, raise it: { limits: { ${name}: … } }.`,
    },
  );
}
