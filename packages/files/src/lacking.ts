import type { Table } from "@conn/core";
import type { FormatOptions } from "@conn/formats";
import type { Part } from "./combine.ts";
import { type Partition, prune } from "./partitions.ts";

/** What is asked of one of several files. */
export interface Asked {
  readonly options: FormatOptions;
  /** What the file does not give but its folders, and null for a column that it lacks. */
  readonly partition: Partition;
}

/** What several files lack of the columns that are named. */
export class Lacking {
  #parts = 0;
  readonly #columns = new Map<string, { readonly error: unknown; parts: number }>();

  /** One of several files. A column that it does not have is null in it, as if its folders said so. */
  async read(asked: Asked, readFile: (options: FormatOptions) => Promise<Table>): Promise<Part> {
    this.#parts++;
    let left = asked;
    for (;;) {
      try {
        return { table: await readFile(left.options), partition: left.partition };
      } catch (error) {
        const lack = await lackOf(error, left);
        const key = `${lack.kind} ${lack.name}`;
        const known = this.#columns.get(key);
        this.#columns.set(key, { error, parts: (known?.parts ?? 0) + 1 });
        left = lack.asked;
      }
    }
  }

  /** @throws The first file's error for a column that none of the files has, or that no file has in the type asked for. */
  demandSome(): void {
    for (const { error, parts } of this.#columns.values()) if (parts === this.#parts) throw error;
  }
}

/**
 * The column that a file lacks, or has in another type than `where` asks for, by what its reading said, and
 * what is left to ask of it.
 *
 * @throws what its reading said, where that is something else.
 */
export async function lackOf(
  error: unknown,
  { options, partition }: Asked,
): Promise<{
  readonly kind: "absent" | "other type";
  /** The column, or the column with the value that does not fit it. */
  readonly name: string;
  readonly asked: Asked;
}> {
  const { absentColumn, withoutMisfit } = await import("@conn/formats");
  const misfit = withoutMisfit(error, options.where);
  if (misfit) {
    const { what: name, where } = misfit;
    const left = where.length > 0 ? { where } : { where: undefined, limit: 0 };
    return { kind: "other type", name, asked: { partition, options: { ...options, ...left } } };
  }
  const name = absentColumn(error);
  if (name === undefined || Object.hasOwn(partition, name)) throw error;
  const left = prune(options.where, { [name]: null });
  return {
    kind: "absent",
    name,
    asked: {
      partition: { ...partition, [name]: null },
      // Where no row can pass, its other columns are still told.
      options: { ...without(options, name), ...(left ?? { where: undefined, limit: 0 }) },
    },
  };
}

function without({ columns, types, ...rest }: FormatOptions, name: string): FormatOptions {
  const left = columns?.filter((each) => each !== name);
  return {
    ...rest,
    ...(left && left.length > 0 ? { columns: left } : {}),
    ...(types && {
      types: Object.fromEntries(Object.entries(types).filter(([each]) => each !== name)),
    }),
  };
}
