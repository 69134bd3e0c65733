import { type ColumnSpec, type Table, TableBuilder } from "@conn/core";
import type { Partition } from "./partitions.ts";

/** A file's rows, and the columns that its path tells. */
export interface Part {
  readonly table: Table;
  readonly partition: Partition;
}

/**
 * The rows of several files as one table, by the columns' names: what a file does not have is null, and
 * a column whose types differ gets the narrowest one that holds all its values.
 */
export function combine(parts: readonly Part[], columns: readonly string[] | undefined): Table {
  const [only] = parts;
  if (parts.length === 1 && Object.keys(only!.partition).length === 0) return only!.table;
  const specs = specsOf(parts);
  const wanted = columns?.map((name) => specs.get(name) ?? { name }) ?? [...specs.values()];
  const builder = new TableBuilder(wanted);
  for (const { table, partition } of parts) {
    const chunks = wanted.map(({ name }) => {
      const column = table.getChild(name);
      if (column) return column.toArray();
      const value = Object.hasOwn(partition, name) ? partition[name] : null;
      return Array.from({ length: table.length }, () => value);
    });
    builder.appendColumns(chunks, table.length);
  }
  const truncated = parts.some((part) => part.table.meta.truncated);
  return builder.finish(truncated ? { truncated } : {});
}

function specsOf(parts: readonly Part[]): Map<string, ColumnSpec> {
  const specs = new Map<string, ColumnSpec>();
  for (const { table, partition } of parts) {
    for (const { name, type, scale } of table.columns) {
      const known = specs.get(name);
      const same = known === undefined || known.type === type;
      // A column of nothing but nulls says nothing of its type.
      if (type === "unknown" && known) continue;
      if (known?.type === undefined || same || known.type === "unknown")
        specs.set(name, { name, ...(same || known?.type === "unknown" ? { type, scale } : {}) });
      else specs.set(name, { name, ...widened(known.type, type) });
    }
    for (const name of Object.keys(partition)) if (!specs.has(name)) specs.set(name, { name });
  }
  return specs;
}

function widened(left: string, right: string): Pick<ColumnSpec, "type"> {
  const numbers = [left, right].every((type) => type === "integer" || type === "float");
  return numbers ? { type: "float" } : {};
}
