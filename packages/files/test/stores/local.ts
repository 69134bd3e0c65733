import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { StoreFacts } from "./facts.ts";

export const local: StoreFacts = {
  title: "this machine",
  node: 20,
  keepsTypes: false,
  knowsFolders: true,
  signs: false,
  conditions: true,
  names: [
    "a%2e%2e",
    "%2e%2e",
    "a b",
    "a+b",
    "a&b=c",
    "a#b",
    "ä",
    "a\u0308",
    "A",
    "a",
    "C",
    "CON",
    "x.",
    "q?x",
  ],
  async start() {
    const folder = await realpath(await mkdtemp(join(tmpdir(), "conn-files-store-")));
    return {
      place: async () => ({ root: await mkdtemp(join(folder, "place-")) }),
      [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
    };
  },
};
