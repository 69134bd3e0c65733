import { type OpenContext, Table } from "@conn/core";
import { connect } from "node:net";
import { once } from "node:events";
import type { PetClient } from "../pet-client.ts";
import { PetClient as Client } from "../pet-client.ts";
import { type PetReadOptions, type PetsConfig, PetsConnection } from "../pets.ts";

const remembered = new WeakMap<object, Promise<PetClient>>();

/** Remembers a refused connect for ever. */
export class RemembersRefusal extends PetsConnection {
  protected override open(settings: PetsConfig, context: OpenContext): Promise<PetClient> {
    const known = remembered.get(this);
    if (known)
      return known.then((client) =>
        client.socket.destroyed ? super.open(settings, context) : client,
      );
    const client = super.open(settings, context);
    remembered.set(this, client);
    return client;
  }
}

/** Says that all is well without a look. */
export class BlindCheck extends PetsConnection {
  override check(): ReturnType<PetsConnection["check"]> {
    const stages = ["open", "ping"].map((name) => ({ name, ok: true, ms: 0 }));
    return Promise.resolve({ connection: this.name, type: this.type, ok: true, stages });
  }
}

/** Does not know a lost connection when it sees one. */
export class KeepsDeadClient extends PetsConnection {
  protected override isConnectionLost(): boolean {
    return false;
  }
  protected override isTransient(): boolean {
    return false;
  }
}

/** Waits for a silent server for ever, whatever the caller asked for. */
export class IgnoresTimeout extends PetsConnection {
  override read(
    what: string,
    { timeout: _timeout, ...options }: PetReadOptions = {},
  ): Promise<Table> {
    return super.read(what, options);
  }
}

/** Decodes each chunk by itself. */
export class SplitsCharacters extends PetsConnection {
  protected override async open(settings: PetsConfig, { signal }: OpenContext): Promise<PetClient> {
    const socket = connect({ host: settings.host, port: settings.port, signal });
    await once(socket, "connect");
    // The client listens for texts: it gets each chunk as one, whole characters or not.
    const emit = socket.emit.bind(socket);
    socket.setEncoding = () => socket;
    socket.emit = (event: string, ...args: unknown[]) =>
      emit(
        event,
        ...args.map((arg) =>
          event === "data" && Buffer.isBuffer(arg) ? arg.toString("utf8") : arg,
        ),
      );
    const client = new Client(socket);
    await client.ask({ do: "login", token: settings.token });
    return client;
  }
}

/** Makes do with a part when the rest does not come. */
export class ShortData extends PetsConnection {
  #last: Table | undefined;
  override async read(what: string, options: PetReadOptions = {}): Promise<Table> {
    try {
      const table = await super.read(what, options);
      if (what === "pets") this.#last = table;
      return table;
    } catch (error) {
      if (this.#last && (error as Error).message.includes("hung up")) return this.#last.head(1);
      throw error;
    }
  }
}

/** Opens one more connection for each failure, and forgets it. */
export class LeaksOnFailure extends PetsConnection {
  override async read(what: string, options: PetReadOptions = {}): Promise<Table> {
    try {
      return await super.read(what, options);
    } catch (error) {
      if (what === "dragons")
        extra.push(await Client.open(this.config, new AbortController().signal));
      throw error;
    }
  }
}

/** So that the test can end. */
export const extra: PetClient[] = [];
