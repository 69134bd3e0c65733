/** What is true of one store, apart from what the cases demand of all. */
export interface StoreFacts {
  readonly title: string;
  /** The first version of Node that its SDK and its server run on. */
  readonly node: number;
  /** Starts what the store needs; settings of a connection to an empty place of its own. */
  start(): Promise<RunningStore>;
  /** A place keeps what a file's type and metadata are. */
  readonly keepsTypes: boolean;
  /** A folder that is not there is told from an empty one. */
  readonly knowsFolders: boolean;
  readonly signs: boolean;
  /** Whether the server heeds conditions of writes. */
  readonly conditions: boolean;
  /** Cases of the conformance kit that its SDK lets no one pass. */
  readonly gaps?: Readonly<Record<string, string>>;
  /** Names that differ from what they seem: each is a file of its own. */
  readonly names: readonly string[];
}

export interface RunningStore extends AsyncDisposable {
  /** Where the store listens, for those who stand in between. */
  readonly endpoint?: string;
  /** Settings of a connection whose root is empty and nobody else's; through whoever stands in between. */
  place(through?: string): Promise<object>;
}

/** The stores that run on this version of Node. */
export function running(...stores: readonly StoreFacts[]): readonly StoreFacts[] {
  const major = Number(process.versions.node.split(".")[0]);
  return stores.filter(({ node }) => major >= node);
}
