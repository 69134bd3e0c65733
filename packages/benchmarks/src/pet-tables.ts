import { BaseConnection, type StandardSchemaV1, Table } from "@conn/core";

/** Six columns of the kinds that tables have: integer, float, text, boolean, instant, and one with gaps. */
export function petRow(index: number): Record<string, unknown> {
  return {
    id: index,
    weight: index * 0.25 + 0.125,
    pet: ["fish", "cat", "puppy"][index % 3],
    fed: index % 2 === 0,
    born: new Date(1_600_000_000_000 + index * 60_000),
    owner: index % 10 === 0 ? null : `owner ${index % 100}`,
  };
}

export function petRows(count: number): Record<string, unknown>[] {
  return Array.from({ length: count }, (_, index) => petRow(index));
}

const config: StandardSchemaV1<unknown, object> = {
  "~standard": {
    version: 1,
    vendor: "benchmarks",
    validate: (value) => ({ value: value as object }),
  },
};

/** A source without a source, so that a hit is all that is measured. */
export class PetTables extends BaseConnection<object> {
  static readonly type = "pet-tables";
  static readonly config: StandardSchemaV1<unknown, object> = config;

  protected async open(): Promise<object> {
    return {};
  }

  read(rows: number, key: number): Promise<Table> {
    return this.cached({ method: "read", args: [rows, key] }, undefined, async () =>
      Table.fromRows(petRows(rows)),
    );
  }
}
