import { ConnError, type Table } from "@conn/core";
import { type StoredColumn, tableOfColumns } from "@conn/core/toolkit";
import { limitOf, overLimit } from "../limits.ts";
import type { FormatOptions } from "../options.ts";
import { noColumn } from "../absent.ts";
import { namedColumns } from "../select.ts";
import { type Builder, cellText } from "./builder.ts";
import { builderOf, builderOfType, kindOfCell, sampleKind, widened } from "./columns.ts";
import { join, type Kind } from "./kinds.ts";
import { NullBuilder } from "./null-builder.ts";
import { Nulls } from "./nulls.ts";
import { placeOf } from "./place.ts";
import type { Block } from "./scan.ts";

interface Slot {
  readonly name: string;
  /** The cell's place in its record. */
  readonly index: number;
  /** Whether the caller gave the type, so that nothing may widen it. */
  readonly given: boolean;
  builder: Builder | undefined;
}

/** The columns of one table that grows block by block. */
export class CSVTable {
  /** Whether a column turned to text after its texts were gone, so that all must be read again with `kinds`. */
  lossy = false;
  length = 0;
  readonly #file: string;
  readonly #options: FormatOptions;
  readonly #nulls: Nulls;
  readonly #slots: Slot[];
  readonly #known: ReadonlyMap<number, Kind>;
  readonly #cells: number;

  constructor(
    file: string,
    names: readonly string[],
    options: FormatOptions,
    known: ReadonlyMap<number, Kind>,
  ) {
    this.#file = file;
    this.#options = options;
    this.#nulls = new Nulls(options.nulls);
    this.#known = known;
    this.#cells = limitOf(options, "cells");
    const { types = {} } = options;
    for (const name of Object.keys(types))
      if (!names.includes(name))
        throw noColumn(name, names, `\`types\` names "${name}", and there is no such column.`);
    const wanted = namedColumns(options);
    for (const name of wanted ?? []) if (!names.includes(name)) throw noColumn(name, names);
    this.#slots = names.flatMap((name, index) => {
      if (wanted && !wanted.has(name)) return [];
      const type = Object.hasOwn(types, name) ? types[name] : undefined;
      const builder = type ? builderOfType(type, this.#nulls) : undefined;
      return [{ name, index, given: builder !== undefined, builder }];
    });
  }

  /** The kinds that columns have come to; a pass that begins with them loses nothing. */
  get kinds(): ReadonlyMap<number, Kind> {
    return new Map(
      this.#slots.map(({ index, builder }) => [index, builder ? endKind(builder) : "null"]),
    );
  }

  add(block: Block): void {
    this.length += block.rows;
    if (this.length * this.#slots.length > this.#cells)
      throw overLimit(this.#file, "cells", this.#cells, "Its table has too many cells");
    for (const slot of this.#slots) {
      const known = this.#known.get(slot.index);
      slot.builder ??= builderOf(known ?? sampleKind(block, slot.index, this.#nulls), this.#nulls);
      let row = slot.builder.parse(block, slot.index, 0);
      while (row < block.rows) {
        this.#widen(slot, slot.builder, block, row);
        row = slot.builder.parse(block, slot.index, row);
      }
    }
  }

  finish(): Table {
    const columns = this.#slots.map(({ name, builder }): StoredColumn => ({
      name,
      ...(builder ?? new NullBuilder(this.#nulls)).finish(),
    }));
    return tableOfColumns(columns, this.length);
  }

  #widen(slot: Slot, builder: Builder, block: Block, row: number): void {
    const kind = join(builder.kind, kindOfCell(block, slot.index, row, this.#nulls));
    const givenInteger = builder.kind === "integer" && kind === "bigint";
    if (slot.given && !givenInteger) throw this.#misfit(slot, block, row);
    const next = widened(builder, kind, this.#nulls);
    slot.builder = next.builder;
    this.lossy ||= next.lossy;
  }

  #misfit(slot: Slot, block: Block, row: number): ConnError {
    const cell = (row * block.width + slot.index) << 1;
    const [start, end] = [block.offsets[cell]!, block.offsets[cell + 1]!];
    const text = cellText(block, start, end < 0 ? ~end : end).slice(0, 60);
    return new ConnError(
      "CONN_FORMAT",
      `${this.#file}: "${text}" in column "${slot.name}" is no ${this.#options.types![slot.name]}.`,
      {
        location: placeOf(this.#file, block, start),
        hint: `Mend the cell, name its word in \`nulls\`, or give the column another type in \`types\`.`,
      },
    );
  }
}

/** A column of nothing but empty cells, some in quotes, is text. */
function endKind(builder: Builder): Kind {
  return builder instanceof NullBuilder && builder.quoted ? "string" : builder.kind;
}
