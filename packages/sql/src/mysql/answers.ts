import type { ColumnPlan } from "../columns.ts";
import type { PacketRows, Way } from "./packet-rows.ts";
import { type Field, planField } from "./types.ts";

/** The columns of an answer, and how they are read. */
export interface Columns {
  readonly fields: readonly Field[];
  readonly plans: readonly ColumnPlan[];
  /** Undefined where one of them is better left to the driver. */
  readonly ways: readonly Way[] | undefined;
}

/** What tells how a server's bytes are read as columns, of a connection of mysql2's. */
export interface Reading {
  readonly clientEncoding?: string | undefined;
  readonly _mariadbExtendedMetadata?: boolean | undefined;
}

/** The columns that a text's last answer had, and the bytes in which the server described them. */
export interface Known extends Columns {
  readonly ways: readonly Way[];
  readonly definitions: readonly Buffer[];
  readonly reading: Reading;
}

const most = 256;
/** Longer texts are rarely sent twice. */
const longest = 10_000;

/** Answers of one of both protocols, and what is remembered of them. */
export class Answers {
  readonly #wayOf: (field: Field) => Way | undefined;
  readonly #Rows: new (ways: readonly Way[], full: () => void) => PacketRows;
  /** By the statement's text, on whichever server; those that came first go first. */
  readonly #known = new Map<string, Known>();

  constructor(
    wayOf: (field: Field) => Way | undefined,
    Rows: new (ways: readonly Way[], full: () => void) => PacketRows,
  ) {
    this.#wayOf = wayOf;
    this.#Rows = Rows;
  }

  /** What becomes of columns that the driver has read. */
  columnsOf(fields: readonly Field[]): Columns {
    const ways = fields.map(this.#wayOf);
    const all = ways.length > 0 && ways.every((way) => way !== undefined);
    return { fields, plans: fields.map(planField), ways: all ? ways : undefined };
  }

  rowsOf(ways: readonly Way[], full: () => void): PacketRows {
    return new this.#Rows(ways, full);
  }

  /** Whose definitions the next answer to this text may have, if it has so many columns. */
  known(text: string, count: number, reading: Reading): Known | undefined {
    const known = this.#known.get(text);
    const fits =
      known?.definitions.length === count &&
      known.reading.clientEncoding === reading.clientEncoding &&
      known.reading._mariadbExtendedMetadata === reading._mariadbExtendedMetadata;
    return fits ? known : undefined;
  }

  remember(text: string, columns: Columns, definitions: readonly Buffer[], of: Reading): void {
    const { fields, plans, ways } = columns;
    if (!ways || text.length > longest) return;
    if (this.#known.size >= most && !this.#known.has(text))
      this.#known.delete(this.#known.keys().next().value!);
    const { clientEncoding, _mariadbExtendedMetadata } = of;
    const reading = { clientEncoding, _mariadbExtendedMetadata };
    this.#known.set(text, { fields: fields.map(copyOf), plans, ways, definitions, reading });
  }
}

/** The driver's own object holds on to the memory of its packet. */
function copyOf(field: Field): Field {
  return {
    name: field.name,
    columnType: field.columnType,
    columnLength: field.columnLength,
    characterSet: field.characterSet,
    encoding: field.encoding,
    flags: field.flags,
    decimals: field.decimals,
    extendedTypeName: field.extendedTypeName,
    extendedFormat: field.extendedFormat,
  };
}
