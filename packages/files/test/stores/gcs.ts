import { gcsServer } from "@conn/emulators/gcs";
import type { StoreFacts } from "./facts.ts";

/** Google Cloud Storage as our emulator has it, in this process. */
export const gcs: StoreFacts = {
  title: "Google Cloud Storage",
  node: 22,
  keepsTypes: true,
  knowsFolders: false,
  // Signing needs a service account's key, and the emulator checks none: see gcs.test.ts.
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
    "CON",
    "x.",
    "q?x",
    "a\\b",
    "d//e",
  ],
  async start() {
    const server = await gcsServer();
    let count = 0;
    return {
      endpoint: server.url,
      place(through = server.url) {
        const bucket = `pets-${++count}`;
        server.buckets.create(bucket);
        return Promise.resolve({ root: `gs://${bucket}/in/side`, endpoint: through });
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};
