import { type ColumnType, ConnError } from "@conn/core";
import { BooleanBuilder } from "./boolean-builder.ts";
import { type Builder, cellText } from "./builder.ts";
import { GivenBuilder } from "./given-builder.ts";
import { classify, join, type Kind } from "./kinds.ts";
import { NullBuilder } from "./null-builder.ts";
import type { Nulls } from "./nulls.ts";
import {
  BigIntegerBuilder,
  FloatBuilder,
  InstantBuilder,
  IntegerBuilder,
} from "./number-builders.ts";
import type { Block } from "./scan.ts";
import { isTextKind, TextBuilder } from "./text-builder.ts";

/** Rows by which a column's first kind is judged; what comes later widens it. */
const sampled = 1000;

/** An empty builder of a kind, or one that begins with so many nulls. */
export function builderOf(kind: Kind, nulls: Nulls, rows = 0): Builder {
  if (isTextKind(kind)) return new TextBuilder(kind, nulls, rows);
  switch (kind) {
    case "null":
      return new NullBuilder(nulls);
    case "boolean":
      return new BooleanBuilder(nulls, rows);
    case "integer":
      return new IntegerBuilder(nulls, rows);
    case "bigint":
      return new BigIntegerBuilder(nulls, rows);
    case "float":
      return new FloatBuilder(nulls, rows);
    case "timestamp":
      return new InstantBuilder(nulls, rows);
  }
}

/** The builder of a type that the caller gives. Integers widen to 64 bits all the same. */
export function builderOfType(type: ColumnType, nulls: Nulls): Builder | undefined {
  switch (type) {
    case "boolean":
    case "integer":
    case "float":
    case "string":
    case "date":
    case "time":
    case "timestamp":
    case "datetime":
      return builderOf(type, nulls);
    case "decimal":
    case "uuid":
    case "interval":
    case "json":
    case "list":
    case "bytes":
      return new GivenBuilder(type, nulls);
    case "unknown":
      return undefined;
    default:
      throw new ConnError("CONN_ARGUMENT", `\`types\` has "${String(type satisfies never)}".`, {
        hint: "The types: boolean, integer, float, decimal, string, date, time, timestamp, datetime, interval, uuid, json, list, bytes.",
      });
  }
}

/** What the first rows of a column suggest. */
export function sampleKind(block: Block, column: number, nulls: Nulls): Kind {
  let kind: Kind = "null";
  for (let row = 0; row < Math.min(sampled, block.rows) && kind !== "string"; row++)
    kind = join(kind, kindOfCell(block, column, row, nulls));
  return kind;
}

/** What a cell means by itself; an empty one is null, in quotes or not. */
export function kindOfCell(block: Block, column: number, row: number, nulls: Nulls): Kind {
  const cell = (row * block.width + column) << 1;
  const start = block.offsets[cell]!;
  const inverted = block.offsets[cell + 1]!;
  const end = inverted < 0 ? ~inverted : inverted;
  return nulls.has(block.bytes, start, end) ? "null" : classify(cellText(block, start, end));
}

export interface Widened {
  readonly builder: Builder;
  /** Whether the text of the values before is lost, so that they must be read again. */
  readonly lossy: boolean;
}

/** A builder that holds what the old one has, and can hold values of another kind besides. */
export function widened(builder: Builder, kind: Kind, nulls: Nulls): Widened {
  if (builder instanceof IntegerBuilder && kind === "float")
    return { builder: builder.toFloats(), lossy: false };
  if (builder instanceof IntegerBuilder && kind === "bigint")
    return { builder: builder.toBigInts(), lossy: false };
  const lossy = kind === "string" && "quoted" in builder && builder.quoted === true;
  if (builder instanceof TextBuilder) return { builder: builder.toStrings(), lossy };
  if (builder instanceof NullBuilder)
    return { builder: builderOf(kind, nulls, builder.length), lossy };
  if (builder instanceof FloatBuilder || builder instanceof InstantBuilder) {
    return {
      builder: new TextBuilder("string", nulls, builder.length),
      lossy: builder.length > 0,
    };
  }
  const texts = (builder as IntegerBuilder | BigIntegerBuilder | BooleanBuilder).texts();
  return { builder: new TextBuilder("string", nulls, texts), lossy };
}
