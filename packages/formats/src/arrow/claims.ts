import { unsound } from "./check.ts";

/**
 * Stops a schema or a footer that claims more fields, notes or batches than the file has bytes for: the library
 * would make them all, which takes it seconds. By Schema.fbs, Message.fbs and File.fbs of Arrow's format.
 */
export function checkClaims(name: string, bytes: Uint8Array, isFile: boolean): void {
  const tables = new Tables(name, bytes);
  if (isFile) {
    // Behind the footer are its length and the mark.
    const end = bytes.length - 10;
    const footer = tables.follow(end - tables.view.getInt32(end, true));
    for (const slot of [8, 10]) tables.vector(footer, slot, 24);
    tables.vector(footer, 12, 4);
    checkSchema(tables, tables.child(footer, 6));
  } else if (bytes.length >= 8) {
    // Files of before 2019 have no mark before the length.
    const start = tables.view.getUint32(0, true) === 0xffffffff ? 8 : 4;
    checkSchema(tables, tables.child(tables.follow(start), 8));
  }
}

function checkSchema(tables: Tables, schema: number | undefined): void {
  if (schema === undefined) return;
  tables.vector(schema, 8, 4);
  for (const field of tables.vector(schema, 6, 4)) checkField(tables, field, 0);
}

function checkField(tables: Tables, field: number, depth: number): void {
  if (depth > 100) throw unsound(tables.name, "its fields nest without end");
  tables.vector(field, 16, 4);
  for (const child of tables.vector(field, 14, 4)) checkField(tables, child, depth + 1);
}

/** Tables of flatbuffers, by the byte where each begins; https://flatbuffers.dev/internals/. */
class Tables {
  readonly name: string;
  readonly view: DataView;

  constructor(name: string, bytes: Uint8Array) {
    this.name = name;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** What an offset leads to. */
  follow(at: number): number {
    return at + this.view.getUint32(at, true);
  }

  child(table: number, slot: number): number | undefined {
    const fields = table - this.view.getInt32(table, true);
    if (slot >= this.view.getUint16(fields, true)) return undefined;
    const at = this.view.getUint16(fields + slot, true);
    return at === 0 ? undefined : this.follow(table + at);
  }

  /** The tables of a vector; of items that are wider than offsets, none. */
  vector(table: number, slot: number, width: number): readonly number[] {
    const start = this.child(table, slot);
    if (start === undefined) return [];
    const count = this.view.getUint32(start, true);
    if (count * width > this.view.byteLength)
      throw unsound(this.name, `it claims ${count} fields, notes or batches`);
    if (width > 4) return [];
    return Array.from({ length: count }, (_, index) => this.follow(start + 4 + index * 4));
  }
}
