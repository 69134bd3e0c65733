import {
  BaseConnection,
  type ConnectionClass,
  type OpenContext,
  type ReadOptions,
  Table,
} from "@conn/core";
import { z } from "zod";
import { PetClient } from "./pet-client.ts";

const config = z.strictObject({
  host: z
    .string()
    .describe("The server's name or address.")
    .meta({ examples: ["localhost"] }),
  port: z
    .number()
    .int()
    .min(1)
    .max(65_535)
    .describe("The server's port.")
    .meta({ examples: [7357] }),
  token: z
    .string()
    .describe("Lets you in.")
    .meta({ writeOnly: true, examples: ["<token>"] }),
});

export type PetsConfig = z.infer<typeof config>;

export interface PetReadOptions extends ReadOptions<Table> {
  readonly limit?: number | undefined;
}

/** A good connection: it passes all cases. */
export class PetsConnection extends BaseConnection<PetClient, PetsConfig> {
  static readonly type: string = "pets";
  static readonly config: ConnectionClass<PetsConnection, PetsConfig>["config"] = config;
  static readonly members: Readonly<Record<string, string>> = {
    read: "Reads pets, as a table; cached.",
    write: "Writes a pet.",
    stream: "Reads pets one by one.",
    browse: "Lists what there is to read.",
    nap: "Waits.",
  };

  protected async open(settings: PetsConfig, { signal }: OpenContext): Promise<PetClient> {
    return PetClient.open(settings, signal);
  }

  protected override release(client: PetClient): Promise<void> {
    return client.end();
  }

  protected override async ping(client: PetClient): Promise<void> {
    await client.ask({ do: "read", what: "pets" });
  }

  read(what: string, options: PetReadOptions = {}): Promise<Table> {
    const { limit, ...reading } = options;
    return this.cached({ method: "read", args: [what, limit] }, reading, async (client, signal) =>
      toTable(
        what,
        (await client.ask({ do: "read", what, limit }, signal)) as Record<string, unknown>[],
      ),
    );
  }

  nap(options: ReadOptions<Table> = {}): Promise<Table> {
    return this.cached({ method: "nap", args: [] }, options, async (client, signal) => {
      await client.ask({ do: "nap" }, signal);
      return Table.fromRows([]);
    });
  }

  write(pet: string): Promise<unknown> {
    return this.run("write", async (client) => {
      const written = await client.ask({ do: "write", pet });
      this.dropCached();
      return written;
    });
  }

  async *stream(
    what: string,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<Table> {
    using lease = await this.lease("stream", { signal });
    const rows = (await lease.client.ask({ do: "read", what }, signal)) as Record<
      string,
      unknown
    >[];
    for (const row of rows) {
      signal?.throwIfAborted();
      yield Table.fromRows([row]);
    }
  }

  async browse(): Promise<{ name: string; kind: string; path: string[] }[]> {
    return [{ name: "pets", kind: "list", path: ["pets"] }];
  }
}

function toTable(what: string, rows: readonly Record<string, unknown>[]): Table {
  if (what === "nobody")
    return Table.fromRows(rows, { columns: [{ name: "pet", type: "string" }] });
  return Table.fromRows(
    rows.map((row) => ("value" in row ? { value: cell(what, row["value"]) } : row)),
  );
}

function cell(what: string, value: unknown): unknown {
  switch (what) {
    case "bigint":
      return BigInt(value as string);
    case "bytes":
      return new Uint8Array(Buffer.from(value as string, "base64"));
    case "timestamp":
      return new Date(value as string);
    default:
      return value;
  }
}
