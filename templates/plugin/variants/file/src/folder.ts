import { randomUUID } from "node:crypto";
import { access, readdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { ConnError } from "@conn/core";

/** The files below a folder. Replace it by the client of your store, if it has one. */
export class Folder {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  static async open(path: string): Promise<Folder> {
    return new Folder(await realpath(path));
  }

  async read(path: string, signal: AbortSignal): Promise<string> {
    return readFile(this.#inside(path, await realpath(this.#locate(path))), {
      encoding: "utf8",
      signal,
    });
  }

  /** Readers see the old content or the new, and never a part. */
  async write(path: string, text: string, signal: AbortSignal): Promise<void> {
    const target = this.#locate(path);
    this.#inside(path, await realpath(dirname(target)));
    const draft = `${target}.${randomUUID()}`;
    try {
      await writeFile(draft, text, { signal, flag: "wx" });
      await rename(draft, target);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  /** The paths of all files. Links are not followed, for they may lead anywhere. */
  async list(path = ""): Promise<string[]> {
    const files: string[] = [];
    for (const entry of await readdir(join(this.#root, path), { withFileTypes: true })) {
      if (entry.isFile()) files.push(path + entry.name);
      if (entry.isDirectory()) files.push(...(await this.list(`${path}${entry.name}/`)));
    }
    return files.sort();
  }

  async ping(): Promise<void> {
    await access(this.#root);
  }

  #locate(path: string): string {
    return this.#inside(path, resolve(this.#root, path));
  }

  /** Neither `..` nor a link leads out of the folder. */
  #inside(path: string, place: string): string {
    const way = relative(this.#root, place);
    if (!path.includes("\0") && !isAbsolute(way) && way.split(sep)[0] !== "..") return place;
    throw new ConnError("CONN_ARGUMENT", `${JSON.stringify(path)} is outside of the folder.`, {
      hint: 'Give a path below the connection\'s folder, such as "pets.json".',
    });
  }
}
