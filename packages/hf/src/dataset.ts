import { ConnError } from "@conn/core";
import { didYouMean } from "@conn/core/toolkit";
import { compileGlob, type StoredFile } from "@conn/files/base";

/** The files of one part of a dataset. */
export interface DatasetPart {
  readonly config: string;
  readonly split: string;
  readonly files: readonly StoredFile[];
}

/** What a dataset's card says of its files. https://huggingface.co/docs/hub/datasets-manual-configuration */
export interface CardConfig {
  readonly config_name?: string;
  readonly data_files?:
    | string
    | readonly string[]
    | readonly { readonly split: string; readonly path: string | readonly string[] }[];
}

/** The branch where the hub keeps a copy of each dataset in Parquet. https://huggingface.co/docs/dataset-viewer/parquet */
export const parquetBranch = "refs/convert/parquet";

/** The parts of that branch: `config/split/0000.parquet`; a split of which only the first 5 GB are copied is called `partial-`. */
export function convertedParts(files: readonly StoredFile[]): DatasetPart[] {
  const parts = new Map<string, DatasetPart & { files: StoredFile[] }>();
  for (const file of files) {
    const found = /^([^/]+)\/(?:partial-)?([^/]+)\/[^/]+\.parquet$/.exec(file.key);
    if (found) add(parts, found[1]!, found[2]!, file);
  }
  return [...parts.values()];
}

/** The parts of a dataset as its own files are: by its card, else by their names. */
export function ownParts(
  files: readonly StoredFile[],
  configs: readonly CardConfig[] | undefined,
): DatasetPart[] {
  const parts = new Map<string, DatasetPart & { files: StoredFile[] }>();
  for (const { config_name: config = "default", data_files: data } of configs ?? []) {
    for (const [split, patterns] of patternsOf(data))
      for (const pattern of patterns) {
        const glob = compileGlob(pattern.replace(/^\.?\//, ""));
        for (const file of files) if (glob.matches(file.key)) add(parts, config, split, file);
      }
  }
  if (parts.size > 0) return [...parts.values()];
  const data = files.filter(({ key }) => isData.test(key));
  const parquet = data.filter(({ key }) => key.endsWith(".parquet"));
  for (const file of parquet.length > 0 ? parquet : data)
    add(parts, "default", splitOf(file.key), file);
  return [...parts.values()];
}

/**
 * The part that is meant: the only one, or by default the configuration `default` and the split `train`.
 *
 * @throws CONN_ARGUMENT for one that is not there, or where several may be meant, with those that are.
 */
export function choosePart(
  parts: readonly DatasetPart[],
  wanted: { readonly config: string | undefined; readonly split: string | undefined },
  { connection, dataset }: { readonly connection: string; readonly dataset: string },
): DatasetPart {
  const choose = (what: "config" | "split", names: readonly string[], usual: string): string => {
    const name = wanted[what];
    if (name !== undefined && names.includes(name)) return name;
    if (name === undefined && names.length === 1) return names[0]!;
    if (name === undefined && names.includes(usual)) return usual;
    const near = name === undefined ? undefined : didYouMean(name, names);
    throw new ConnError(
      "CONN_ARGUMENT",
      name === undefined
        ? `${connection}.readDataset: ${dataset} has several of \`${what}\`, and none called ${usual}.`
        : `${connection}.readDataset: ${dataset} has no ${what} ${JSON.stringify(name)}.`,
      {
        connection,
        operation: "readDataset",
        hint: `${near === undefined ? "" : `Did you mean ${JSON.stringify(near)}? `}Give one as \`${what}\`: ${shown(names)}`,
      },
    );
  };
  const config = choose("config", [...new Set(parts.map((part) => part.config))], "default");
  const own = parts.filter((part) => part.config === config);
  const split = choose(
    "split",
    own.map((part) => part.split),
    "train",
  );
  return own.find((part) => part.split === split)!;
}

/** Files that a table can be read from. */
const isData = /\.(parquet|arrow|csv|tsv|jsonl|ndjson|json)(\.(gz|zst|bz2|br))?$/i;

/** https://huggingface.co/docs/hub/datasets-file-names-and-splits */
const splits: readonly (readonly [split: string, words: RegExp])[] = [
  ["train", /(^|[^a-z])train(ing)?([^a-z]|$)/i],
  ["validation", /(^|[^a-z])(valid(ation)?|val|dev)([^a-z]|$)/i],
  ["test", /(^|[^a-z])(test(ing)?|eval(uation)?)([^a-z]|$)/i],
];

function splitOf(key: string): string {
  const sharded = /(?:^|\/)([\w.-]+?)-\d{5}-of-\d{5}\./.exec(key)?.[1];
  return splits.find(([, words]) => words.test(key))?.[0] ?? sharded ?? "train";
}

function patternsOf(
  data: CardConfig["data_files"],
): [split: string, patterns: readonly string[]][] {
  const list = data === undefined ? [] : typeof data === "string" ? [data] : data;
  return list.map((each) =>
    typeof each === "string"
      ? ["train", [each]]
      : [each.split, typeof each.path === "string" ? [each.path] : each.path],
  );
}

function add(
  parts: Map<string, DatasetPart & { files: StoredFile[] }>,
  config: string,
  split: string,
  file: StoredFile,
): void {
  const key = JSON.stringify([config, split]);
  const part = parts.get(key) ?? { config, split, files: [] };
  if (!part.files.includes(file)) part.files.push(file);
  parts.set(key, part);
}

function shown(names: readonly string[]): string {
  const first = names.slice(0, 20).map((name) => JSON.stringify(name));
  return names.length > 20 ? `${first.join(", ")} and ${names.length - 20} more` : first.join(", ");
}
