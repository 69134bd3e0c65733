import { basename } from "node:path";
import { findSources, type Search, type SearchOptions, type Source } from "./find.ts";
import { readDirectory } from "./directory.ts";
import { trackedByGit } from "./git.ts";
import { type Layer, parseSecrets } from "./parse.ts";
import { readSecretFile, signatureOf } from "./read.ts";

interface Entry {
  readonly source: Source;
  readonly layer: Layer;
  readonly signature: string | undefined;
  readonly commands: Map<string, Promise<string>>;
}

export interface LayersOptions {
  readonly search: SearchOptions;
  readonly warn: (message: string) => void;
}

/** The sources of secrets, read when they changed; one that turns bad keeps its last good content. */
export class Layers {
  readonly #options: LayersOptions;
  #entries = new Map<string, Entry>();
  #loading: Promise<readonly Layer[]> | undefined;
  #last: { readonly at: number; readonly layers: Promise<readonly Layer[]> } | undefined;
  #events = 0;
  readonly #lookedAt = new Set<string>();

  constructor(options: LayersOptions) {
    this.#options = options;
  }

  /** Lowest rank first. Calls at the same time share one look, and one no older than `age` milliseconds serves again. */
  load(age: number): Promise<readonly Layer[]> {
    if (this.#last && performance.now() - this.#last.at < age) return this.#last.layers;
    this.#loading ??= this.#look().finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  /** Something happened: the next load looks again. */
  expire(): void {
    this.#last = undefined;
    this.#events++;
  }

  /** Expires, and asks commands again too. */
  forget(): void {
    this.expire();
    for (const { commands } of this.#entries.values()) commands.clear();
  }

  search(): Promise<Search> {
    return findSources(this.#options.search);
  }

  /** The answers of commands that a file asked for, until it changes. */
  commands(file: string): Map<string, Promise<string>> {
    return this.#entries.get(file)?.commands ?? new Map();
  }

  async #look(): Promise<readonly Layer[]> {
    const events = this.#events;
    const layers = await this.#load();
    // What happened while we looked may not be in what we saw.
    if (events === this.#events)
      this.#last = { at: performance.now(), layers: Promise.resolve(layers) };
    return layers;
  }

  async #load(): Promise<readonly Layer[]> {
    const { sources, missingProfile } = await this.search();
    if (missingProfile !== undefined) {
      this.#options.warn(
        `CONN_PROFILE asks for ${basename(missingProfile)}, but there is no ${missingProfile}.`,
      );
    }
    const entries = await Promise.all(sources.map((source) => this.#read(source)));
    const found = entries.filter((entry) => entry !== undefined);
    for (const entry of this.#entries.values()) {
      const { source, layer } = entry;
      // One that has been replaced by another of its rank is not missed.
      if (layer.sections.size === 0 || found.some((other) => other.source.rank === source.rank))
        continue;
      this.#options.warn(`${source.path} is gone; its last good content stays in use.`);
      found.push(entry);
    }
    found.sort((left, right) => left.source.rank - right.source.rank);
    this.#entries = new Map(found.map((entry) => [entry.source.path, entry]));
    return found.map(({ layer }) => layer);
  }

  async #read(source: Source): Promise<Entry | undefined> {
    const known = this.#entries.get(source.path);
    try {
      return await (source.kind === "file"
        ? this.#readFile(source, known)
        : this.#readDirectory(source, known));
    } catch (error) {
      if (!known) throw error;
      this.#options.warn(
        `${source.path} keeps its last good content in use. ${(error as Error).message}`,
      );
      return known;
    }
  }

  async #readFile(source: Source, known: Entry | undefined): Promise<Entry | undefined> {
    const { path } = source;
    if (known?.signature !== undefined && known.signature === (await signatureOf(path)))
      return known;
    const file = await readSecretFile(path);
    if (!file) return undefined;
    const layer = await parseSecrets(file.text, path);
    // An editor that empties a file before it writes is not caught half-way.
    if (known && known.layer.sections.size > 0 && file.text.trim() === "")
      throw new Error("It is empty now.");
    for (const warning of layer.warnings) this.#options.warn(warning);
    this.#lookAt(path, file.readableByOthers);
    return {
      source,
      layer,
      signature: file.settled ? file.signature : undefined,
      commands: new Map(),
    };
  }

  async #readDirectory(source: Source, known: Entry | undefined): Promise<Entry | undefined> {
    const layer = await readDirectory(source.path);
    return layer && { source, layer, signature: undefined, commands: known?.commands ?? new Map() };
  }

  /** Tells once what is unwise about a file; asking git is not waited for. */
  #lookAt(path: string, readableByOthers: boolean): void {
    if (this.#lookedAt.has(path)) return;
    this.#lookedAt.add(path);
    if (readableByOthers)
      this.#options.warn(`Other users can read ${path}. Close it to them: chmod 600 ${path}`);
    void this.#askGit(path);
  }

  async #askGit(path: string): Promise<void> {
    if ((await trackedByGit(path)) !== "tracked") return;
    this.#options.warn(
      `git tracks ${path}, so its secrets are in every clone. Take it out: git rm --cached ${path}`,
    );
  }
}
