import type { Statement } from "@conn/core/sql";
import { integerOf } from "../integer.ts";

/**
 * The id of a new row as the server counts it. The driver takes all ids for signed, and one beyond 2^63
 * for negative; the server never gives a negative one by itself, but takes one that a statement names.
 */
export function lastIdOf(id: number | string, { text, values }: Statement): number | bigint {
  const signed = integerOf(id);
  if (signed >= 0) return signed;
  const named =
    text.includes(String(signed)) || values.some((value) => String(value) === String(signed));
  return named ? signed : BigInt.asUintN(64, BigInt(signed));
}
