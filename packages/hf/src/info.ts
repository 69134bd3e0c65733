import type { Asking, Location } from "@conn/files/base";
import type { DatasetEntry, ModelEntry, SpaceEntry } from "@huggingface/hub";
import type { CardConfig } from "./dataset.ts";
import { locationOf, type Repository, type RepositoryKind, top } from "./repository.ts";
import type { HubStore } from "./store.ts";

/** What `search` finds, by kind. */
export interface Found {
  model: ModelEntry;
  dataset: DatasetEntry;
  space: SpaceEntry;
}

/** What the hub tells of a repository. */
export interface RepositoryInfo {
  readonly author?: string;
  /** The commit that this is told of. */
  readonly sha: string;
  readonly tags: readonly string[];
  readonly createdAt?: Date;
  /** The settings at the beginning of its README, as they are there. */
  readonly cardData?: Readonly<Record<string, unknown>> & {
    readonly configs?: readonly CardConfig[];
  };
}

const fields = ["author", "sha", "tags", "createdAt", "cardData"] as const;

/** A model, a dataset or a space at a revision. */
export async function infoOf<Kind extends RepositoryKind>(
  asking: Asking<HubStore>,
  repository: Repository & { readonly kind: Kind },
): Promise<Found[Kind] & RepositoryInfo> {
  const { hub, ...client } = asking.store.client;
  const { kind, name, revision } = repository;
  const options = {
    ...client,
    fetch: asksOf(asking, locationOf(repository)),
    name,
    revision,
    additionalFields: [...fields],
  };
  const told =
    kind === "dataset"
      ? await hub.datasetInfo(options)
      : kind === "space"
        ? await hub.spaceInfo(options)
        : await hub.modelInfo(options);
  const { createdAt, ...info } = told as typeof told & { readonly createdAt?: string };
  const dated = createdAt === undefined ? info : { ...info, createdAt: new Date(createdAt) };
  return dated as unknown as Found[Kind] & RepositoryInfo;
}

/** Each request of the hub's library by itself, watched and repeated. */
function asksOf(asking: Asking<HubStore>, location: Location): typeof fetch {
  return (input, init) =>
    asking.repeated(location, (signal) =>
      asking.store.send(input, { ...init, signal }, location.container),
    );
}

/** What to search for. */
export interface Wanted<Kind extends RepositoryKind> {
  readonly kind: Kind;
  readonly query: string | undefined;
  readonly author: string | undefined;
  readonly tags: readonly string[] | undefined;
  readonly limit: number;
}

/** The repositories that a search finds, in the hub's order. */
export async function searchHub<Kind extends RepositoryKind>(
  asking: Asking<HubStore>,
  { kind, query, author, tags, limit }: Wanted<Kind>,
): Promise<Found[Kind][]> {
  const { hub, ...client } = asking.store.client;
  const options = {
    ...client,
    fetch: asksOf(asking, top),
    limit,
    search: {
      ...(query !== undefined && { query }),
      ...(author !== undefined && { owner: author }),
      ...(tags !== undefined && { tags: [...tags] }),
    },
  };
  const list =
    kind === "dataset"
      ? hub.listDatasets(options)
      : kind === "space"
        ? hub.listSpaces(options)
        : hub.listModels(options);
  const found: Found[RepositoryKind][] = [];
  for await (const each of list) {
    if (found.length >= limit) break;
    found.push(each);
  }
  return found as Found[Kind][];
}
