import { BaseConnection, type CatalogEntry, ConnError, type ReadOptions, Table } from "@conn/core";
import { config, type MySourceConfig } from "./config.ts";
import { Folder } from "./folder.ts";

export type Row = Readonly<Record<string, unknown>>;

export class MySourceConnection extends BaseConnection<Folder, MySourceConfig> {
  static readonly type = "my-source";
  static readonly config = config;
  static readonly members = {
    read: "Reads a JSON file of a list of objects, as a table; cached.",
    write: "Writes rows as a JSON file.",
    browse: "Lists the files.",
  };

  protected open({ folder }: MySourceConfig): Promise<Folder> {
    return Folder.open(folder);
  }

  protected override async ping(folder: Folder): Promise<void> {
    await folder.ping();
  }

  /**
   * The list of objects in a JSON file, as a table: `read("pets.json")`.
   *
   * @throws CONN_ARGUMENT, CONN_QUERY.
   */
  read(path: string, options?: ReadOptions<Table>): Promise<Table> {
    return this.cached({ method: "read", args: [path] }, options, async (folder, signal) =>
      Table.fromRows(rowsOf(path, await folder.read(path, signal))),
    );
  }

  /**
   * Writes rows as a JSON file, all or nothing. Drops cached results.
   *
   * @throws CONN_ARGUMENT, CONN_QUERY.
   */
  write(path: string, rows: Table | readonly Row[]): Promise<void> {
    return this.run("write", async (folder, signal) => {
      const list = rows instanceof Table ? rows.rows() : rows;
      await folder.write(path, `${JSON.stringify(list, null, 2)}\n`, signal);
      this.dropCached();
    });
  }

  /** The files of the folder, and of those in it. */
  browse(): Promise<CatalogEntry[]> {
    return this.run(
      "browse",
      async (folder) =>
        (await folder.list()).map((path) => ({ name: path, kind: "file", path: path.split("/") })),
      { repeat: true },
    );
  }
}

function rowsOf(path: string, text: string): Row[] {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return value as Row[];
  } catch {
    // What is no JSON is no list either. The parser's own message would show what the file holds.
  }
  throw new ConnError("CONN_QUERY", `${path} holds no JSON list of objects.`, {
    hint: 'Write it as [{ "name": "value" }].',
  });
}
