/** An integer of a server as a number where numbers hold it exactly, else as a bigint. */
export function integerOf(written: string | number): number | bigint {
  const number = Number(written);
  return Number.isSafeInteger(number) ? number : BigInt(written);
}
