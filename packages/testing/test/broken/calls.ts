import { type ConnError, type OpenContext, type ReadOptions, Table } from "@conn/core";
import type { PetClient } from "../pet-client.ts";
import { type PetReadOptions, type PetsConfig, PetsConnection } from "../pets.ts";

/** Takes an error for an empty answer. */
export class SwallowedError extends PetsConnection {
  override async read(what: string, options: PetReadOptions = {}): Promise<Table> {
    try {
      return await super.read(what, options);
    } catch (error) {
      if ((error as ConnError).code === "CONN_QUERY") return Table.fromRows([]);
      throw error;
    }
  }
}

/** Throws the driver's bare error. */
export class BareError extends PetsConnection {
  override async read(what: string, options: PetReadOptions = {}): Promise<Table> {
    try {
      return await super.read(what, options);
    } catch (error) {
      const { code, cause } = error as ConnError;
      throw code === "CONN_QUERY" ? cause : error;
    }
  }
}

/** Takes every refusal for a lost connection. */
export class ReconnectsOnRefusal extends PetsConnection {
  protected override isConnectionLost(): boolean {
    return true;
  }
}

/** Forgets the limit in the key. */
export class WrongCacheKey extends PetsConnection {
  override read(what: string, options: PetReadOptions = {}): Promise<Table> {
    const { limit, ...reading } = options;
    return this.cached({ method: "read", args: [what] }, reading, async (client, signal) =>
      Table.fromRows(
        (await client.ask({ do: "read", what, limit }, signal)) as Record<string, unknown>[],
      ),
    );
  }
}

let calls = 0;

/** Puts something that changes into the key. */
export class KeyNeverMatches extends PetsConnection {
  override read(what: string, options: PetReadOptions = {}): Promise<Table> {
    const { limit, ...reading } = options;
    return this.cached(
      { method: "read", args: [what, limit, ++calls] },
      reading,
      async (client, signal) =>
        Table.fromRows(
          (await client.ask({ do: "read", what, limit }, signal)) as Record<string, unknown>[],
        ),
    );
  }
}

/** Keeps the caller's options to itself. */
export class DropsOptions extends PetsConnection {
  override read(what: string, { limit, signal }: PetReadOptions = {}): Promise<Table> {
    return super.read(what, { limit, ...(signal && { signal }) });
  }
}

/** Hands the same rows to everybody. */
export class MutatedTable extends PetsConnection {
  readonly #rows = new Map<string, Record<string, unknown>[]>();
  override async read(what: string, options: PetReadOptions = {}): Promise<Table> {
    const table = await super.read(what, options);
    const key = `${what} ${options.limit}`;
    const rows = this.#rows.get(key) ?? table.rows();
    this.#rows.set(key, rows);
    return rows as unknown as Table;
  }
}

/** Gives an instance of its own class, which nobody can share. */
export class UnsharableResult extends PetsConnection {
  override read(what: string, options: PetReadOptions = {}): Promise<Table> {
    return this.cached<Table>({ method: "read", args: [what] }, options, async (client, signal) => {
      const rows = await client.ask({ do: "read", what }, signal);
      return new (class Pets {
        readonly rows = rows;
      })() as unknown as Table;
    });
  }
}

/** Gives something that memory can hold and a store cannot. */
export class UnstorableResult extends PetsConnection {
  override read(what: string, options: PetReadOptions = {}): Promise<Table> {
    return this.cached<Table>({ method: "read", args: [what] }, options, async (client, signal) => {
      const rows = await client.ask({ do: "read", what }, signal);
      return { rows, pattern: /pets/ } as unknown as Table;
    });
  }
}

/** Serves what was before its own write. */
export class StaleAfterWrite extends PetsConnection {
  override write(pet: string): Promise<unknown> {
    return this.run("write", (client) => client.ask({ do: "write", pet }));
  }
}

/** Remembers failures beside the cache. */
export class RemembersFailures extends PetsConnection {
  readonly #failures = new Map<string, Error>();
  override async read(what: string, options: PetReadOptions = {}): Promise<Table> {
    const known = this.#failures.get(what);
    if (known && options.ttl !== 0) throw known;
    try {
      return await super.read(what, options);
    } catch (error) {
      if ((error as ConnError).code === "CONN_QUERY") this.#failures.set(what, error as Error);
      throw error;
    }
  }
}

/** Lets the driver go on when the caller has gone. */
export class NoAbort extends PetsConnection {
  override nap(options: ReadOptions<Table> = {}): Promise<Table> {
    return this.cached({ method: "nap", args: [] }, options, async (client) => {
      await client.ask({ do: "nap" });
      return Table.fromRows([]);
    });
  }
}

/** Stops waiting, and lets the server work on. */
export class NoServerCancel extends PetsConnection {
  override nap(options: ReadOptions<Table> = {}): Promise<Table> {
    return this.cached({ method: "nap", args: [] }, options, async (client, signal) => {
      const aborted = new Promise((_resolve, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason as Error)),
      );
      await Promise.race([client.ask({ do: "nap" }), aborted]);
      return Table.fromRows([]);
    });
  }
}

/** Wrecks the client when a call is aborted, and keeps it. */
export class AbortWrecksClient extends PetsConnection {
  override nap(options: ReadOptions<Table> = {}): Promise<Table> {
    return this.cached({ method: "nap", args: [] }, options, async (client, signal) => {
      signal.addEventListener("abort", () => client.socket.destroy());
      await client.ask({ do: "nap" }, signal);
      return Table.fromRows([]);
    });
  }
  protected override isConnectionLost(): boolean {
    return false;
  }
  protected override isTransient(): boolean {
    return false;
  }
}

/** Keeps its client when a loop over a stream is left. */
export class StreamKeepsLease extends PetsConnection {
  override async *stream(
    what: string,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<Table> {
    const lease = await this.lease("stream", { signal });
    const rows = (await lease.client.ask({ do: "read", what }, signal)) as Record<
      string,
      unknown
    >[];
    for (const row of rows) {
      signal?.throwIfAborted();
      yield Table.fromRows([row]);
    }
    lease.release();
  }
}

/** Reads a large integer as a float. */
export class RoundedIntegers extends PetsConnection {
  override async read(what: string, options: PetReadOptions = {}): Promise<Table> {
    const table = await super.read(what, options);
    return what === "bigint"
      ? Table.fromRows(table.rows().map(({ value }) => ({ value: Number(value) })))
      : table;
  }
}

/** Takes a day for midnight on this machine. */
export class ShiftedDates extends PetsConnection {
  override async read(what: string, options: PetReadOptions = {}): Promise<Table> {
    const table = await super.read(what, options);
    return what === "date"
      ? Table.fromRows(
          table.rows().map(({ value }) => ({ value: new Date(`${String(value)}T00:00:00+02:00`) })),
        )
      : table;
  }
}

/** Makes an empty result out of its rows alone. */
export class ColumnsLost extends PetsConnection {
  override async read(what: string, options: PetReadOptions = {}): Promise<Table> {
    const table = await super.read(what, options);
    return table.length === 0 ? Table.fromRows([]) : table;
  }
}

/** Tells its driver's first failure to nobody. */
export class UnhandledRejection extends PetsConnection {
  protected override async open(settings: PetsConfig, context: OpenContext): Promise<PetClient> {
    const client = await super.open(settings, context);
    void client.ask({ do: "read", what: "motd" });
    return client;
  }
}
