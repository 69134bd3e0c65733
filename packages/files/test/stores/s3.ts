import type { StoreFacts } from "./facts.ts";

/** S3 as fauxqs has it, in this process. */
export const s3: StoreFacts = {
  title: "S3",
  node: 22,
  keepsTypes: true,
  knowsFolders: false,
  signs: true,
  // fauxqs ignores conditions of writes; radosgw, in a job of its own, has them.
  conditions: false,
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
    // Needs a newer Node than the package itself.
    const { buildApp } = await import("fauxqs");
    const app = buildApp({ logger: false });
    const endpoint = await app.listen({ host: "127.0.0.1", port: 0 });
    let count = 0;
    const credentials = { accessKeyId: "jerry", secretAccessKey: "jerrys-secret-key" };
    return {
      endpoint,
      async place(through = endpoint) {
        const bucket = `pets-${++count}`;
        await fetch(`${endpoint}/${bucket}`, { method: "PUT" });
        return { root: `s3://${bucket}/in/side`, endpoint: through, ...credentials };
      },
      [Symbol.asyncDispose]: async () => app.close(),
    };
  },
};
