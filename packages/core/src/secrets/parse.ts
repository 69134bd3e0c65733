import { didYouMean } from "../did-you-mean.ts";
import { ConnError, type Location } from "../errors.ts";
import { type KeyNode, locateKeys, type Place } from "./locate.ts";
import { emptyTable, isTable, type Origin, type RawSection, type Table } from "./merge.ts";
import { isConnectionName, printable } from "./name.ts";

/** What one source says about connections. */
export interface Layer {
  readonly file: string;
  readonly sections: ReadonlyMap<string, RawSection>;
  /** Names under which something stands that is no table of settings. */
  readonly malformed: ReadonlyMap<string, ConnError>;
  /** Tables below a misspelt `[connections]`, by the connection's name. */
  readonly misplaced: ReadonlyMap<string, Misplaced>;
  readonly warnings: readonly string[];
}

export interface Misplaced {
  readonly heading: string;
  readonly location: Location;
}

// Settings are a few tables deep; what is deeper wants to exhaust the call stack.
const deepest = 100;

/** @throws CONN_SECRETS_SYNTAX with line and column, and without a word of the file's own. */
export async function parseSecrets(text: string, file: string): Promise<Layer> {
  // Loaded here, so that an application without a secrets file does not pay for it.
  const { parse, TomlError } = await import("smol-toml");
  let document: Table;
  try {
    document = parse(text, { integersAsBigInt: "asNeeded" });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // Its message and its fields quote the line, which may hold a password: it is no cause of ours.
    throw syntaxError(error.message, text, { file, line: error.line, column: error.column });
  }
  const keys = locateKeys(text);
  const layer = {
    sections: new Map<string, RawSection>(),
    malformed: new Map<string, ConnError>(),
    warnings: [] as string[],
  };
  const connections = own(document, "connections");
  const place = keys.children.get("connections");
  if (connections !== undefined && !isTable(connections)) {
    throw new ConnError("CONN_SECRETS_SYNTAX", "`connections` must be a table of connections.", {
      location: at(file, place),
      hint: "Write one table for each connection: [connections.pet_db]",
    });
  }
  for (const [name, values] of Object.entries(connections ?? {})) {
    const node = place?.children.get(name);
    if (!isConnectionName(name)) {
      const { line } = at(file, node);
      layer.warnings.push(
        `${file}:${line}: a connection cannot be called ${printable(name)}; the section is left out.`,
      );
    } else if (isTable(values)) {
      layer.sections.set(name, toSection(values, node, file));
    } else {
      const many = Array.isArray(values);
      layer.malformed.set(
        name,
        new ConnError(
          "CONN_SECRETS_SYNTAX",
          `\`connections.${name}\` must be one table of settings.`,
          {
            connection: name,
            location: at(file, node),
            hint: many
              ? `Write single brackets: [connections.${name}]`
              : `Write [connections.${name}] and the settings below it.`,
          },
        ),
      );
    }
  }
  return { file, ...layer, misplaced: findMisplaced(document, keys, file) };
}

function toSection(values: Table, node: KeyNode | undefined, file: string): RawSection {
  const origins = new Map<string, Origin>();
  const visit = (
    value: unknown,
    path: string,
    below: KeyNode | undefined,
    location: Location,
    depth: number,
  ): unknown => {
    if (depth > deepest) {
      throw new ConnError("CONN_SECRETS_SYNTAX", `Settings are nested more than ${deepest} deep.`, {
        location,
      });
    }
    if (below || path === "") origins.set(path, location);
    const child = (key: string, item: unknown): unknown => {
      const inner = below?.children.get(key);
      return visit(
        item,
        path ? `${path}.${key}` : key,
        inner,
        inner ? at(file, inner) : location,
        depth + 1,
      );
    };
    if (Array.isArray(value)) return value.map((item, index) => child(String(index), item));
    // As text a date cannot be changed under a reader, and keeps what it says: a day has no time zone.
    if (value instanceof Date) return value.toISOString();
    if (!isTable(value)) return value;
    const table = emptyTable();
    for (const [key, item] of Object.entries(value)) table[key] = child(key, item);
    return table;
  };
  return { values: visit(values, "", node, at(file, node), 0) as Table, origins };
}

function findMisplaced(document: Table, keys: KeyNode, file: string): Map<string, Misplaced> {
  const misplaced = new Map<string, Misplaced>();
  for (const [heading, table] of Object.entries(document)) {
    if (heading === "connections" || !isTable(table) || !didYouMean(heading, ["connections"]))
      continue;
    for (const [name, values] of Object.entries(table)) {
      if (!isTable(values) || !isConnectionName(name)) continue;
      misplaced.set(name, {
        heading,
        location: at(file, keys.children.get(heading)?.children.get(name)),
      });
    }
  }
  return misplaced;
}

function syntaxError(text: string, source: string, location: Location & Place): ConnError {
  const problem = /^Invalid TOML document: ([^\n]*)/.exec(text)?.[1] ?? "the syntax is wrong";
  return new ConnError(
    "CONN_SECRETS_SYNTAX",
    `This is not valid TOML: ${problem.replace(/\.$/, "")}.`,
    {
      location,
      hint: remedy(problem, source.split(/\r?\n/, location.line).at(-1) ?? "", location.column),
    },
  );
}

/** What to do about it, guessed from the line, of which nothing is shown. */
function remedy(problem: string, line: string, column: number): string {
  const value = line.slice(column - 1);
  const word = /^[\w-]+/.exec(value)?.[0] ?? "";
  const literal = didYouMean(word, ["true", "false"]);
  if (/invalid value|numeric|leading zero|end-of-line/.test(problem)) {
    // Words of no secret, so that they may be shown.
    if (/^(?:true|false|yes|no|on|off)$/i.test(word))
      return `Write ${literal ?? (/^(?:yes|on)/i.test(word) ? "true" : "false")}, without quotes.`;
    if (/^(?:null|none|nil|undefined)$/i.test(word)) return "TOML has no null: leave the line out.";
    if (/^[“”‘’«]/.test(value)) return "Use straight quotes: \" or '.";
    return 'Text needs quotes: key = "text". One setting a line.';
  }
  if (
    problem.startsWith("unfinished string") ||
    problem.startsWith("control characters are not allowed in strings")
  ) {
    return "Close the quotes on the same line.";
  }
  if (problem.includes("escape"))
    return "For a text with backslashes use single quotes: key = 'C:\\pets'";
  if (problem.includes("redefine")) return "It stands twice in this file: keep one.";
  if (problem.includes("key")) {
    if (line.trimStart().startsWith("[")) return "Write a header like this: [connections.pet_db]";
    if (/^\s*[\w.-]+\s*:/.test(line)) return "Write = rather than a colon between key and value.";
    return 'Write each setting like this: key = "text"';
  }
  return "Mend the syntax at this place; https://toml.io shows how it is written.";
}

function at(file: string, node: KeyNode | undefined): Location {
  return node ? { file, ...node.place } : { file };
}

function own(table: Table, key: string): unknown {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
