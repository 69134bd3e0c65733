import { ConnError, type ConnectionClass } from "@conn/core";
import { toSeconds } from "@conn/core/toolkit";
import type { FilesClients } from "./clients.ts";
import { config, type FilesConfig } from "./config.ts";
import { openStore } from "./open-store.ts";
import type { SignOptions } from "./options.ts";
import { filePaths } from "./paths.ts";
import { type Protocol, protocolOf, words } from "./protocol.ts";
import { FileStoreConnection, type Place } from "./store-connection.ts";
import { Stores } from "./stores.ts";

type FilesClient = FilesClients[Protocol];

/** Files of this machine, S3, Google Cloud Storage and Azure Blob Storage: read as tables, and everything else that is done with files. */
export class FilesConnection extends FileStoreConnection<FilesClient, FilesConfig> {
  static readonly type = "files";
  static readonly config: ConnectionClass<FilesConnection, FilesConfig>["config"] = config;
  static override readonly members: Readonly<Record<string, string>> = {
    ...FileStoreConnection.members,
    sign: "Makes a URL that works without credentials for a while.",
  };

  /**
   * A URL that works without credentials until it expires. Whoever has it needs nothing else: treat it as
   * a secret.
   *
   * @throws CONN_UNSUPPORTED on this machine, and for credentials that cannot sign.
   */
  async sign(path: string, options: SignOptions = {}): Promise<string> {
    const { expires = 3600, method = "GET", contentType } = options;
    const location = this.calls.paths.locate(path);
    const seconds = toSeconds(expires, "expires");
    if (!(seconds > 0))
      throw new ConnError("CONN_ARGUMENT", "`expires` leaves no time to use the URL.", {
        connection: this.name,
        operation: "sign",
        hint: 'Give a duration, such as { expires: "10m" }.',
      });
    return this.calls.call("sign", location, {}, async (asking) => {
      const { store } = asking;
      if (!store.sign)
        throw new ConnError(
          "CONN_UNSUPPORTED",
          `${this.name}: files of this machine have no URL to sign.`,
          {
            connection: this.name,
            operation: "sign",
            hint: "Serve the file yourself, or put it on S3, Google Cloud Storage or Azure.",
          },
        );
      return asking.once(location, () => store.sign!(location, { method, seconds, contentType }));
    });
  }

  /** The SDK's own client; name the protocol where the connection has several. */
  override async client<P extends Protocol>(protocol?: P): Promise<FilesClients[P]> {
    const wanted = (protocol ?? this.#protocol ?? "file") as P;
    this.#demandProtocol(wanted);
    return this.calls.call("client", { protocol: wanted }, {}, async (_asking, stores) => {
      const { client } = await stores.get(wanted);
      return client as FilesClients[P];
    });
  }

  protected override get place(): Place<FilesClient, FilesConfig> {
    const { root } = this.config;
    return {
      paths: filePaths({ connection: this.name, root, protocol: this.#protocol }),
      stores: (settings) =>
        new Stores((protocol) => openStore(protocol as Protocol, settings, this.name)),
    };
  }

  /** The only protocol, where the settings or the connection's name say it. */
  get #protocol(): Protocol | undefined {
    const { root, protocol } = this.config;
    return root?.protocol ?? protocol ?? protocolOf(this.name);
  }

  #demandProtocol(protocol: Protocol): void {
    const own = this.#protocol;
    if (own === undefined || own === protocol) return;
    throw new ConnError(
      "CONN_ARGUMENT",
      `${this.name} is for ${words[own].title}, and has no client for ${words[protocol].title}.`,
      { connection: this.name, hint: "Ask for `client()` without an argument." },
    );
  }
}
