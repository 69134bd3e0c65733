import { homedir } from "node:os";
import { join } from "node:path";
import { ConnError } from "../errors.ts";
import { soundsSecret } from "../fields.ts";
import { registerSecret } from "../redact.ts";
import { secretsOf } from "../redact/secrets-of.ts";
import type { SecretsOptions, SecretsSection } from "../secrets.ts";
import { warn } from "../warn.ts";
import { environmentNames, environmentSection } from "./environment.ts";
import { isTable, mergeSections, type RawSection } from "./merge.ts";
import { Layers } from "./layers.ts";
import { assertConnectionName } from "./name.ts";
import type { Misplaced } from "./parse.ts";
import { resolveReferences } from "./references.ts";
import { addFile, type Interest, Watcher } from "./watch.ts";

interface Known {
  readonly section: SecretsSection | undefined;
  /** All values as one text. */
  readonly content: string;
}

const mostNames = 1000;

/** What `Secrets` does once there is something to do. */
export class SecretsReader {
  readonly #env: NodeJS.ProcessEnv;
  readonly #cwd: string;
  readonly #home: string | undefined;
  readonly #warn: (message: string) => void;
  readonly #layers: Layers;
  /** The last good state of every section that was asked for. */
  readonly #known = new Map<string, Known>();
  /** What listeners were last told of each section. */
  readonly #announced = new Map<string, string>();
  readonly #warned = new Set<string>();
  /** How many watch, with everything that matters under their eyes. */
  #watching = 0;

  constructor(options: SecretsOptions) {
    this.#env = options.env ?? process.env;
    this.#cwd = options.cwd ?? process.cwd();
    this.#home = (options.home ?? (options.env ? options.env["HOME"] : homeOf())) || undefined;
    const tell = options.warn ?? ((message: string) => warn("CONN_SECRETS_WARNING", message));
    this.#warn = (message) => {
      if (this.#warned.has(message)) return;
      this.#warned.add(message);
      tell(message);
    };
    this.#layers = new Layers({
      search: {
        cwd: this.#cwd,
        home: this.#home,
        profile: options.profile ?? (this.#env["CONN_PROFILE"] || undefined),
        directory: this.#env["CONN_SECRETS_DIR"],
      },
      warn: this.#warn,
    });
  }

  async names(): Promise<readonly string[]> {
    const layers = await this.#layers.load(this.#age());
    const names = new Set(layers.flatMap(({ sections }) => [...sections.keys()]));
    return [...names, ...environmentNames(this.#env, names)];
  }

  async section(name: string): Promise<SecretsSection | undefined> {
    assertConnectionName(name);
    const known = this.#known.get(name);
    let section: SecretsSection | undefined;
    try {
      section = await this.#resolve(name);
    } catch (error) {
      if (!known?.section) throw error;
      this.#warn(`connections.${name} keeps its last good settings. ${messageOf(error)}`);
      return known.section;
    }
    // Names may come from an application's users: what is not there is remembered for a few only.
    if (!section && !known && this.#known.size >= mostNames) return undefined;
    const content = contentOf(section);
    if (!this.#announced.has(name)) this.#announced.set(name, content);
    // The same object for as long as nothing in it changed.
    if (known && known.content === content && originsOf(known.section) === originsOf(section))
      return known.section;
    this.#known.set(name, { section, content });
    return section;
  }

  /** The sections, among those asked for, whose content is another when files and commands are asked again. */
  renew(): Promise<ReadonlySet<string>> {
    this.#layers.forget();
    return this.#changes();
  }

  /** Calls back with the sections whose content is no longer what it was; returns how to stop. */
  watch(listener: (changed: ReadonlySet<string>) => void): () => void {
    let running: Promise<void> | undefined;
    let again = false;
    const look = async (): Promise<void> => {
      while (again) {
        again = false;
        this.#layers.expire();
        const changed = await this.#changes();
        if (stopped) return;
        if (changed.size > 0) listener(changed);
        // What happened before a directory was watched is seen by looking once more.
        if (await watcher.update(await this.#interest())) again = true;
      }
      if (!settled && !stopped) {
        settled = true;
        this.#watching++;
      }
    };
    const onChange = (): void => {
      again = true;
      running ??= look()
        .catch((error: unknown) =>
          this.#warn(`Changes of secrets cannot be followed. ${messageOf(error)}`),
        )
        .finally(() => (running = undefined));
    };
    let stopped = false;
    let settled = false;
    const watcher = new Watcher(onChange, () => this.#layers.expire());
    onChange();
    return () => {
      if (stopped) return;
      stopped = true;
      if (settled) this.#watching--;
      watcher.close();
    };
  }

  /** How old a look at the files may be: where changes are not told, even network mounts are looked at again soon. */
  #age(): number {
    return this.#watching > 0 ? 1000 : 0;
  }

  async #resolve(name: string): Promise<SecretsSection | undefined> {
    const layers = await this.#layers.load(this.#age());
    let raw: RawSection | undefined;
    let misplaced: Misplaced | undefined;
    const files: string[] = [];
    for (const layer of layers) {
      const malformed = layer.malformed.get(name);
      if (malformed) throw malformed;
      misplaced ??= layer.misplaced.get(name);
      const section = layer.sections.get(name);
      if (!section) continue;
      raw = raw ? mergeSections(raw, section) : section;
      files.push(layer.file);
    }
    const environment = environmentSection(name, this.#env, raw?.values ?? {});
    if (environment) raw = raw ? withoutHeader(mergeSections(raw, environment), raw) : environment;
    if (!raw) {
      if (!misplaced) return undefined;
      const { heading, location } = misplaced;
      throw new ConnError(
        "CONN_NAME_UNKNOWN",
        `[${heading}.${name}] is no connection: the word is \`connections\`.`,
        {
          connection: name,
          location,
          hint: `Write [connections.${name}]`,
        },
      );
    }
    const resolved = await resolveReferences(name, raw, {
      env: this.#env,
      cwd: this.#cwd,
      home: this.#home,
      commands: (file) => this.#layers.commands(file),
    });
    register(resolved.values, "");
    const section = {
      name,
      values: freeze(resolved.values) as SecretsSection["values"],
      origins: raw.origins,
      secretPaths: resolved.secretPaths,
      texts: new Map([...(environment?.texts ?? []), ...resolved.texts]),
      files: [...files, ...resolved.files],
    };
    // Whoever prints or serialises a section by accident does not print the secrets.
    Object.defineProperty(section, "values", { enumerable: false });
    return Object.freeze(section);
  }

  async #changes(): Promise<Set<string>> {
    const changed = new Set<string>();
    for (const [name, before] of this.#announced) {
      await this.section(name).catch((error: unknown) => this.#warn(messageOf(error)));
      const content = this.#known.get(name)?.content ?? before;
      if (content === before) continue;
      this.#announced.set(name, content);
      changed.add(name);
    }
    return changed;
  }

  async #interest(): Promise<Interest> {
    const interest: Interest = new Map();
    const { watched, sources } = await this.#layers.search();
    for (const [directory, names] of watched) {
      interest.set(directory, new Set(names));
      for (const name of names) interest.set(join(directory, name), undefined);
    }
    for (const { path, kind } of sources) {
      await addFile(interest, path);
      if (kind === "file") continue;
      interest.set(path, undefined);
      interest.set(join(path, "connections"), undefined);
      for (const name of this.#known.keys())
        interest.set(join(path, "connections", name), undefined);
    }
    for (const { section } of this.#known.values())
      for (const file of section?.files ?? []) await addFile(interest, file);
    return interest;
  }
}

function homeOf(): string | undefined {
  try {
    return homedir();
  } catch {
    // A user without an entry and without HOME, as in some containers.
    return undefined;
  }
}

/** Where a file has the section, its header is the place to speak of. */
function withoutHeader(merged: RawSection, before: RawSection): RawSection {
  const header = before.origins.get("");
  return header
    ? { values: merged.values, origins: new Map([...merged.origins, ["", header]]) }
    : merged;
}

/** What a key's name or a URL gives away as secret; the schema's own fields follow when it is known. */
function register(value: unknown, key: string): void {
  if (typeof value === "string") {
    if (soundsSecret(key)) registerSecret(value);
    for (const part of secretsOf(value)) registerSecret(part);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, item] of Object.entries(value))
      register(item, Array.isArray(value) ? key : name);
  }
}

function freeze(value: unknown): unknown {
  if (Array.isArray(value) || isTable(value)) {
    for (const item of Object.values(value)) freeze(item);
    Object.freeze(value);
  }
  return value;
}

function contentOf(section: SecretsSection | undefined): string {
  if (!section) return "";
  return JSON.stringify(section.values, (_, value: unknown) => {
    if (typeof value === "bigint") return `${value}n`;
    return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
  });
}

function originsOf(section: SecretsSection | undefined): string {
  return section ? JSON.stringify([...section.origins]) : "";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
