const dayMicros = 86_400_000_000;

/**
 * Writes `2024-01-02T03:04:05.000006`. The digits go into bytes that one call makes a text of: a text put
 * together from its parts keeps them all, and costs several times as much.
 */
export class DatetimeWriter {
  readonly #bytes = Buffer.from("0000-00-00T00:00:00.000000");
  #day = NaN;

  /** @param micros Microseconds since 1970, without a zone. Undefined where a number is not exact, or the year has not four digits. */
  write(micros: number): string | undefined {
    if (!Number.isSafeInteger(micros)) return undefined;
    const day = Math.floor(micros / dayMicros);
    if (day !== this.#day) {
      if (day < -719_162 || day > 2_932_896) return undefined;
      this.#bytes.write(new Date(day * 86_400_000).toISOString().slice(0, 10), "latin1");
      this.#day = day;
    }
    const inDay = micros - day * dayMicros;
    const seconds = Math.floor(inDay / 1_000_000);
    const minutes = Math.floor(seconds / 60);
    this.#putPair(11, Math.floor(minutes / 60));
    this.#putPair(14, minutes % 60);
    this.#putPair(17, seconds % 60);
    let fraction = inDay - seconds * 1_000_000;
    if (fraction === 0) return this.#bytes.toString("latin1", 0, 19);
    let digits = 6;
    for (; fraction % 10 === 0; fraction /= 10) digits--;
    for (let at = 19 + digits; at >= 20; at--) {
      this.#bytes[at] = 48 + (fraction % 10);
      fraction = Math.floor(fraction / 10);
    }
    return this.#bytes.toString("latin1", 0, 20 + digits);
  }

  #putPair(at: number, number: number): void {
    const tens = Math.floor(number / 10);
    this.#bytes[at] = 48 + tens;
    this.#bytes[at + 1] = 48 + number - tens * 10;
  }
}
