import {
  BaseConnection,
  type CallKey,
  type ConnectionInit,
  type ReadOptions,
  type StandardSchemaV1,
} from "../src/index.ts";

/** A schema that takes every object. */
export const anything: StandardSchemaV1<unknown, Record<string, unknown>> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => ({ value: value as Record<string, unknown> }),
  },
};

export interface PetClient {
  readonly id: number;
  alive: boolean;
  feed(pet: string): string;
}

let instances = 0;

/** A source in memory that counts what is done to it, and fails as it is told. */
export class PetConnection extends BaseConnection<PetClient, Record<string, unknown>> {
  static readonly type: string = "pets";
  static readonly config: StandardSchemaV1<unknown, Record<string, unknown>> = anything;
  static readonly members = { read: "Reads a pet." };
  opens = 0;
  releases = 0;
  loads = 0;
  beforeOpen: (attempt: number, signal: AbortSignal) => Promise<void> = async () => {};
  answer: (pet: string, signal: AbortSignal, client: PetClient) => unknown = (pet) => ({ pet });
  lost: (error: unknown) => boolean = (error) => error instanceof Error && error.message === "gone";

  /** Without settings of its own, an instance shares no cached results with others. */
  constructor(init: Partial<ConnectionInit<Record<string, unknown>>> = {}) {
    super({ name: "pet_db", config: { instance: ++instances }, ...init });
  }

  protected async open(
    _config: Record<string, unknown>,
    { signal }: { signal: AbortSignal },
  ): Promise<PetClient> {
    const attempt = ++this.opens;
    await this.beforeOpen(attempt, signal);
    return { id: attempt, alive: true, feed: (pet) => `${pet} is fed` };
  }

  protected override async release(client: PetClient): Promise<void> {
    this.releases++;
    client.alive = false;
  }

  protected override isConnectionLost(error: unknown): boolean {
    return this.lost(error);
  }

  read(pet: string, options?: ReadOptions & { readonly extra?: unknown }): Promise<unknown> {
    const call: CallKey = { method: "read", args: [pet, options?.extra] };
    return this.cached(call, options, async (client, signal) => {
      this.loads++;
      return this.answer(pet, signal, client);
    });
  }

  write(pet: string, options: { readonly signal?: AbortSignal } = {}): Promise<unknown> {
    return this.run(
      "write",
      async (client, signal) => {
        const result = await this.answer(pet, signal, client);
        this.dropCached();
        return result;
      },
      options,
    );
  }

  hold(): ReturnType<PetConnection["lease"]> {
    return this.lease("hold");
  }
}
