import type { Location } from "./errors.ts";
import { assertConnectionName } from "./secrets/name.ts";
import type { SecretsReader } from "./secrets/reader.ts";

export { assertConnectionName };

/** The settings of one connection as files and environment have them, merged and with references resolved. */
export interface SecretsSection {
  readonly name: string;
  /** Frozen in depth, and without prototypes, so that no look-up finds what nobody wrote. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Where each value stands, by dotted path; "" is the section's header. */
  readonly origins: ReadonlyMap<string, Location | { readonly env: string }>;
  /** The dotted paths of values that came from an environment variable, a file or a command referred to. */
  readonly secretPaths: ReadonlySet<string>;
  /** The texts, by dotted path, of numbers and booleans that came as text, for settings that want text. */
  readonly texts: ReadonlyMap<string, string>;
  readonly files: readonly string[];
}

export interface SecretsOptions {
  /** Where the search for a project's file begins. Default: the working directory. */
  readonly cwd?: string;
  /** Default: the user's home, where there is one. */
  readonly home?: string;
  /** Default: `process.env`, which is never written to. */
  readonly env?: NodeJS.ProcessEnv;
  /** Default: `CONN_PROFILE`. */
  readonly profile?: string;
  /** Hears of what is unwise but works. Default: a process warning, once for each. */
  readonly warn?: (message: string) => void;
}

/**
 * The sections `[connections.<name>]` of secrets files, directories of secrets and the environment.
 * Nothing is read before it is asked for; what was read is read again when it changed.
 */
export class Secrets {
  readonly #options: SecretsOptions;
  readonly #stops = new Set<() => void>();
  #reader: Promise<SecretsReader> | undefined;

  constructor(options: SecretsOptions = {}) {
    // The working directory of now, wherever the application moves later.
    this.#options = { cwd: process.cwd(), ...options };
  }

  /** The names of all sections. */
  async names(): Promise<readonly string[]> {
    return (await this.#load()).names();
  }

  /**
   * The section of that name, or `undefined`. Once a section was good, a bad edit of it warns and
   * leaves it as it was.
   *
   * @throws CONN_NAME_INVALID, CONN_NAME_UNKNOWN (written under a misspelt heading),
   * CONN_SECRETS_SYNTAX, CONN_SECRETS_READ, CONN_SECRETS_UNSAFE, CONN_SECRETS_REFERENCE.
   */
  async section(name: string): Promise<SecretsSection | undefined> {
    assertConnectionName(name);
    return (await this.#load()).section(name);
  }

  /**
   * Calls the listener with the names of sections, among those asked for, whose content has changed.
   * Returns a function that stops it. Watching does not keep the process alive.
   */
  watch(listener: (changed: ReadonlySet<string>) => void): () => void {
    const watching = this.#load().then((reader) =>
      this.#stops.has(stop) ? reader.watch(listener) : undefined,
    );
    const stop = (): void => {
      if (this.#stops.delete(stop)) void watching.then((stopReader) => stopReader?.());
    };
    this.#stops.add(stop);
    return stop;
  }

  /** Reads everything again, asking commands anew; resolves to the names of sections whose content has changed. */
  async renew(): Promise<ReadonlySet<string>> {
    return (await this.#load()).renew();
  }

  /** Stops all watching. */
  close(): void {
    for (const stop of this.#stops) stop();
  }

  #load(): Promise<SecretsReader> {
    // Most of the reader's code is of no use to an application that configures in code.
    return (this.#reader ??= import("./secrets/reader.ts").then(
      ({ SecretsReader }) => new SecretsReader(this.#options),
    ));
  }
}
