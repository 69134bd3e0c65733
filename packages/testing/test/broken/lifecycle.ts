import type { ConnectionInit, OpenContext, ReadOptions, Table } from "@conn/core";
import { PetClient } from "../pet-client.ts";
import { type PetReadOptions, PetsConnection, type PetsConfig } from "../pets.ts";

/** Connects in its constructor. */
export class EagerOpen extends PetsConnection {
  constructor(init: ConnectionInit<PetsConfig>) {
    super(init);
    void this.client().catch(() => {});
  }
}

/** Opens a client of its own for each call. */
export class OpensForEachCall extends PetsConnection {
  override async read(what: string, options: PetReadOptions = {}): Promise<Table> {
    const client = await this.open(this.config, {
      name: this.name,
      signal: AbortSignal.timeout(5000),
    });
    await client.end();
    return super.read(what, options);
  }
}

/** Remembers the first client's promise, and with it a failure. */
export class RemembersFailedOpen extends PetsConnection {
  #client: Promise<PetClient> | undefined;
  override read(what: string, options: PetReadOptions = {}): Promise<Table> {
    this.#client ??= this.client();
    return this.#client.then(() => super.read(what, options));
  }
}

/** Drops its client at reset and does not end it. */
export class ResetDropsWithoutClosing extends PetsConnection {
  override async reset(): Promise<void> {
    this.dropCached();
  }
}

/** Gives its client back, but not the socket in it. */
export class LeakedClient extends PetsConnection {
  protected override open(settings: PetsConfig, context: OpenContext): Promise<PetClient> {
    return super.open(settings, { ...context, signal: new AbortController().signal });
  }
  protected override async release(): Promise<void> {}
}

/** Never releases a client that was still on its way. */
export class CloseIgnoresOpening extends PetsConnection {
  override async close(): Promise<void> {
    if (this.state === "opening") return;
    await super.close();
  }
}

/** Answers after its end, from a memory of its own. */
export class AnswersAfterClose extends PetsConnection {
  readonly #memory = new Map<string, Promise<Table>>();
  override read(what: string, options: PetReadOptions = {}): Promise<Table> {
    if (Object.keys(options).length > 0) return super.read(what, options);
    const known = this.#memory.get(what) ?? super.read(what, options);
    this.#memory.set(what, known);
    return known;
  }
}

/** Ends the socket before the running calls have ended. */
export class ClosesUnderCalls extends PetsConnection {
  override async close(): Promise<void> {
    if (this.state === "open") (await this.client()).socket.destroy();
    await super.close();
  }
}

const shared = new Map<number, Promise<PetClient>>();

/** Shares one client among all instances, and ends it with the first of them. */
export class SharedClient extends PetsConnection {
  protected override async open(settings: PetsConfig, context: OpenContext): Promise<PetClient> {
    const known = await shared.get(settings.port);
    if (known && !known.socket.destroyed) return known;
    const client = super.open(settings, context);
    shared.set(settings.port, client);
    client.catch(() => shared.delete(settings.port));
    return client;
  }
}

/** Leaves a timer that runs for ever. */
export class LeftTimer extends PetsConnection {
  protected override async open(settings: PetsConfig, context: OpenContext): Promise<PetClient> {
    const client = await super.open(settings, context);
    const timer = setInterval(() => {}, 1000);
    timers.push(timer);
    return client;
  }
}

/** So that the test can end. */
export const timers: NodeJS.Timeout[] = [];

/** Leaves a listener on the process for each client. */
export class LeftProcessListener extends PetsConnection {
  protected override async open(settings: PetsConfig, context: OpenContext): Promise<PetClient> {
    const client = await super.open(settings, context);
    process.on("exit", () => client.socket.destroy());
    return client;
  }
}

/** Leaves a listener on the caller's signal for each call. */
export class LeftSignalListener extends PetsConnection {
  override read(what: string, options: PetReadOptions = {}): Promise<Table> {
    options.signal?.addEventListener("abort", () => this.dropCached());
    return super.read(what, options);
  }
}

/** A ping that the server never answers well. */
export class FailingPing extends PetsConnection {
  protected override async ping(client: PetClient): Promise<void> {
    await client.ask({ do: "read", what: "pong" });
  }
}

/** Keeps the caller's signal to itself. */
export class IgnoresAbort extends PetsConnection {
  override nap(options: ReadOptions<Table> = {}): Promise<Table> {
    const { signal: _signal, ...rest } = options;
    return super.nap(rest);
  }
}
