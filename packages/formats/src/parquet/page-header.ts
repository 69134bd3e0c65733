/** What a page says of itself, sizes in bytes; https://github.com/apache/parquet-format (PageHeader). */
export interface PageHeader {
  readonly dictionary: boolean;
  readonly size: number;
  readonly compressedSize: number;
  readonly checksum: number | undefined;
  readonly values: number;
  /** Of pages of version 2 alone, else 0. */
  readonly rows: number;
  /** The byte at which the page's data begins. */
  readonly end: number;
  /** Of pages of version 2 alone: their levels, and where their number of nulls stands. */
  readonly second:
    | {
        readonly nulls: number;
        readonly nullsFrom: number;
        readonly nullsTo: number;
        readonly definitionBytes: number;
        readonly repetitionBytes: number;
      }
    | undefined;
}

type Struct = Map<number, number | Struct>;

/** Reads the header that begins at a byte, in Thrift's compact protocol; `undefined` where it is none. */
export function readPageHeader(bytes: Uint8Array, at: number): PageHeader | undefined {
  const reader = new CompactReader(bytes, at);
  const fields = reader.struct(0);
  if (!fields || reader.at > bytes.length) return undefined;
  const number = (from: Struct | undefined, id: number): number => {
    const value = from?.get(id);
    return typeof value === "number" ? value : 0;
  };
  const inner = (id: number): Struct | undefined => {
    const value = fields.get(id);
    return value instanceof Map ? value : undefined;
  };
  const [data, dictionary, second] = [inner(5), inner(7), inner(8)];
  return {
    dictionary: dictionary !== undefined,
    size: number(fields, 2),
    compressedSize: number(fields, 3),
    checksum: fields.has(4) ? number(fields, 4) : undefined,
    values: number(data ?? second ?? dictionary, 1),
    rows: number(second, 3),
    end: reader.at,
    second: second?.has(2)
      ? {
          nulls: number(second, 2),
          nullsFrom: reader.nullsFrom,
          nullsTo: reader.nullsTo,
          definitionBytes: number(second, 5),
          repetitionBytes: number(second, 6),
        }
      : undefined,
  };
}

/** Only what page headers hold: integers and structs are kept, all else is passed over. */
class CompactReader {
  readonly #bytes: Uint8Array;
  at: number;
  /** Where the second field of the inner struct stands: of pages of version 2, the number of nulls. */
  nullsFrom = 0;
  nullsTo = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  struct(depth: number): Struct | undefined {
    const fields: Struct = new Map();
    let id = 0;
    // Damaged bytes could nest without end.
    if (depth > 8) return undefined;
    while (this.at < this.#bytes.length) {
      const head = this.#bytes[this.at++]!;
      if (head === 0) return fields;
      id = head >> 4 === 0 ? this.#integer() : id + (head >> 4);
      const type = head & 15;
      if (type === 1 || type === 2) continue;
      if (type === 3) this.at++;
      else if (type >= 4 && type <= 6) {
        const from = this.at;
        fields.set(id, this.#integer());
        if (depth === 1 && id === 2) [this.nullsFrom, this.nullsTo] = [from, this.at];
      } else if (type === 7) this.at += 8;
      else if (type === 8) this.#skipBytes();
      else if (type === 12) {
        const inner = this.struct(depth + 1);
        if (!inner) return undefined;
        fields.set(id, inner);
      } else return undefined;
    }
    return undefined;
  }

  #skipBytes(): void {
    // In two steps: `this.at += …` would take `at` as it was before the length was read.
    const length = this.#varint();
    this.at += length;
  }

  #integer(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #varint(): number {
    let value = 0;
    for (let factor = 1; this.at < this.#bytes.length; factor *= 128) {
      const byte = this.#bytes[this.at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) break;
    }
    return value;
  }
}
