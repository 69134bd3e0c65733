import type { Table } from "@conn/core";
import type { FormatOptions } from "@conn/formats";
import type { Part } from "./combine.ts";
import { type Partition, prune } from "./partitions.ts";

/** What several files lack of the columns that are named. */
export class Lacking {
  #parts = 0;
  readonly #columns = new Map<string, { readonly error: unknown; parts: number }>();

  /** One of several files. A column that it does not have is null in it, as if its folders said so. */
  async read(
    partition: Partition,
    options: FormatOptions,
    readFile: (options: FormatOptions) => Promise<Table>,
  ): Promise<Part> {
    const { absentColumn } = await import("@conn/formats");
    this.#parts++;
    let part = partition;
    let asked = options;
    for (;;) {
      try {
        return { table: await readFile(asked), partition: part };
      } catch (error) {
        const name = absentColumn(error);
        if (name === undefined || Object.hasOwn(part, name)) throw error;
        const known = this.#columns.get(name);
        this.#columns.set(name, { error, parts: (known?.parts ?? 0) + 1 });
        part = { ...part, [name]: null };
        const left = prune(asked.where, { [name]: null });
        // Where no row can pass, its other columns are still told.
        asked = { ...without(asked, name), ...(left ?? { where: undefined, limit: 0 }) };
      }
    }
  }

  /** @throws The first file's error for a column that none of the files has. */
  demandSome(): void {
    for (const { error, parts } of this.#columns.values()) if (parts === this.#parts) throw error;
  }
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
