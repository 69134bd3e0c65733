import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { registerSecret } from "@conn/core";

/*
 * What the hub's own tools take from the environment, by the same names:
 * https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 */

export const publicHub = "https://huggingface.co";

export function endpointOfEnvironment(): string | undefined {
  return set("HF_ENDPOINT");
}

/** The token of the environment, else of the file that `hf auth login` writes; undefined without either. */
export async function tokenOfEnvironment(): Promise<string | undefined> {
  const token = set("HF_TOKEN") ?? set("HUGGING_FACE_HUB_TOKEN") ?? (await readToken(tokenFile()));
  if (token !== undefined) registerSecret(token);
  return token;
}

/** Where downloaded files are kept, for this library and for Python's. */
export function cacheFolder(): string {
  return set("HF_HUB_CACHE") ?? set("HUGGINGFACE_HUB_CACHE") ?? join(homeFolder(), "hub");
}

function tokenFile(): string {
  return set("HF_TOKEN_PATH") ?? join(homeFolder(), "token");
}

function homeFolder(): string {
  const caches = set("XDG_CACHE_HOME") ?? join(homedir(), ".cache");
  return expand(set("HF_HOME") ?? join(caches, "huggingface"));
}

async function readToken(path: string): Promise<string | undefined> {
  try {
    const token = (await readFile(expand(path), "utf8")).trim();
    return token === "" ? undefined : token;
  } catch {
    // No login, or none that this process may read: public repositories need none.
    return undefined;
  }
}

function set(name: string): string | undefined {
  const value = process.env[name]?.trim();
  return value === undefined || value === "" ? undefined : value;
}

function expand(path: string): string {
  return path.replace(/^~(?=\/|$)/, homedir());
}
