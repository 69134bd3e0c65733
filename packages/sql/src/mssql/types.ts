import type { ColumnType } from "@conn/core";
import type { ColumnPlan, Convert } from "../columns.ts";
import { fillerFor } from "../fill.ts";
import type { ColumnMetadata } from "./driver.ts";

interface Kind {
  readonly type?: ColumnType;
  readonly convert?: Convert;
  readonly scale?: number;
}

/** The position gives a name to a column that has none, as `count(*)`. */
export function planColumn(column: ColumnMetadata, position: number): ColumnPlan {
  const { type, convert, scale } = kindOf(column);
  const name = column.colName === "" ? `column_${position + 1}` : column.colName;
  return {
    spec: {
      name,
      ...(type === undefined ? {} : { type }),
      ...(scale === undefined ? {} : { scale }),
    },
    convert,
    filler: type === "integer" || (type === "float" && !convert) ? fillerFor(type) : undefined,
  };
}

/** By the names of tedious: https://learn.microsoft.com/en-us/sql/t-sql/data-types/data-types-transact-sql */
function kindOf({ type, dataLength, scale = 0 }: ColumnMetadata): Kind {
  switch (type.name) {
    case "Bit":
    case "BitN":
      return { type: "boolean" };
    case "TinyInt":
    case "SmallInt":
    case "Int":
    case "BigInt":
    case "IntN":
      return { type: "integer", convert: asItIs };
    case "Real":
      return { type: "float", convert: shortest };
    case "FloatN":
      return dataLength === 4 ? { type: "float", convert: shortest } : { type: "float" };
    case "Float":
      return { type: "float" };
    case "DecimalN":
    case "NumericN":
      return { type: "decimal", convert: asItIs, scale };
    case "Money":
    case "SmallMoney":
    case "MoneyN":
      return { type: "decimal", convert: asItIs, scale: 4 };
    case "Date":
      return { type: "date", convert: asItIs };
    case "Time":
      return { type: "time", convert: asItIs };
    case "DateTime":
    case "SmallDateTime":
    case "DateTimeN":
    case "DateTime2":
      return { type: "datetime", convert: asItIs };
    case "DateTimeOffset":
      return { type: "timestamp", convert: asItIs };
    case "UniqueIdentifier":
      return { type: "uuid", convert: (cell) => String(cell).toLowerCase() };
    case "Binary":
    case "VarBinary":
    case "Image":
    case "UDT":
      return { type: "bytes", convert: (cell) => new Uint8Array(cell as Uint8Array) };
    case "Char":
    case "VarChar":
    case "Text":
    case "NChar":
    case "NVarChar":
    case "NText":
    case "Xml":
      return { type: "string" };
    default:
      // A sql_variant's cells have each a type of their own.
      return {};
  }
}

/** They were read as the table has them. */
function asItIs(cell: unknown): unknown {
  return cell;
}

/** The fewest digits that mean the same REAL, as `0.1` and not `0.10000000149011612`. */
function shortest(cell: unknown): unknown {
  for (let digits = 6; digits < 9; digits++) {
    const number = Number((cell as number).toPrecision(digits));
    if (Math.fround(number) === cell) return number;
  }
  return cell;
}
