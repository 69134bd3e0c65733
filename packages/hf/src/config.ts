import type { StandardSchemaV1 } from "@conn/core";
import { checkEndpoint } from "@conn/files/base";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { endpointOfEnvironment, publicHub } from "./environment.ts";
import { readRoot, type Root } from "./paths.ts";
import { checkRevision } from "./repository.ts";

const text = v.pipe(v.string(), v.minLength(1));

const setting = <Example>(description: string, example: Example) =>
  v.optional(v.pipe(text, v.description(description), v.metadata({ examples: [example] })));

const section = v.strictObject({
  token: v.optional(
    v.pipe(
      text,
      v.startsWith("hf_", 'a token of Hugging Face starts with "hf_"'),
      v.description("The access token. Default: HF_TOKEN, else the file of `hf auth login`."),
      v.examples(["hf_…"]),
      v.metadata({ writeOnly: true }),
    ),
  ),
  root: setting(
    "The repository, with a revision and a folder as needed, that paths start from and cannot leave.",
    "datasets/jerry/pets@main/data",
  ),
  revision: v.optional(
    v.pipe(
      text,
      v.description("The branch, tag or commit of paths that say none."),
      v.examples(["v1.0"]),
    ),
    "main",
  ),
  endpoint: setting(
    "The address of another hub. Default: HF_ENDPOINT, else https://huggingface.co.",
    "https://hub.example.com",
  ),
  allowLinkLocal: v.optional(
    v.pipe(
      v.boolean(),
      v.description("Let `endpoint` be a link-local or metadata address."),
      v.examples([true]),
    ),
    false,
  ),
  anonymous: v.optional(
    v.pipe(
      v.boolean(),
      v.description("Ask without a token, whatever the environment has."),
      v.examples([true]),
    ),
    false,
  ),
  cache: setting(
    "The folder of downloaded files, shared with Python's library. Default: HF_HUB_CACHE, else `hub` in HF_HOME.",
    "/var/cache/huggingface/hub",
  ),
  partSize: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(64 * 1024),
      v.maxValue(1024 ** 3),
      v.description("Bytes of each range of a large file."),
      v.examples([16 * 1024 ** 2]),
    ),
    8 * 1024 ** 2,
  ),
  concurrency: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(1),
      v.maxValue(64),
      v.description("Ranges of a file, or files, that are read at once."),
      v.examples([16]),
    ),
    8,
  ),
  idleTimeout: v.optional(
    v.pipe(
      v.number(),
      v.minValue(0.01),
      v.maxValue(2_000_000),
      v.description("Seconds without a byte after which a request counts as dead."),
      v.examples([120]),
    ),
    60,
  ),
});

type Section = v.InferOutput<typeof section>;

/** The settings of a connection to the hub, checked. */
export interface HfConfig extends Omit<Section, "root" | "endpoint"> {
  readonly root?: Root;
  /** Without a slash at its end. */
  readonly endpoint: string;
}

const described = toStandardJsonSchema(section)["~standard"] as StandardSchemaV1<
  unknown,
  Section
>["~standard"];

type Resolved = ReturnType<StandardSchemaV1<unknown, HfConfig>["~standard"]["validate"]>;

/** The schema of a section, and what its settings must be to each other. */
export const config: StandardSchemaV1<unknown, HfConfig> = {
  "~standard": {
    version: 1,
    vendor: "valibot",
    ...(described.jsonSchema && { jsonSchema: described.jsonSchema }),
    async validate(value) {
      const result = await described.validate(value);
      return result.issues ? result : resolve(result.value);
    },
  },
};

function resolve({ root: path, endpoint: given, ...settings }: Section): Resolved {
  const { revision, token, anonymous, allowLinkLocal } = settings;
  const unusable = checkRevision(revision);
  if (unusable !== undefined) return problem(`it ${unusable}`, "revision");
  const root = path === undefined ? undefined : readRoot(path, revision);
  if (root && "problem" in root) return problem(root.problem, "root");
  if (token !== undefined && anonymous)
    return problem("`token` and `anonymous` exclude each other", "anonymous");
  const address = given ?? endpointOfEnvironment() ?? publicHub;
  const why =
    checkEndpoint(address, allowLinkLocal) ??
    (token === undefined ? undefined : checkPrivacy(address));
  if (why !== undefined)
    return problem(given === undefined ? `HF_ENDPOINT: ${why}` : why, "endpoint");
  const endpoint = address.replace(/\/+$/, "");
  return { value: { ...settings, endpoint, ...(root && { root: root.root }) } };
}

/** Why no token may go to an address. */
export function checkPrivacy(address: string): string | undefined {
  const { protocol, hostname } = new URL(address);
  const local = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  return protocol === "https:" || local
    ? undefined
    : "a token goes over https:// alone; over http:// the network could read it";
}

function problem(message: string, key: keyof Section): Resolved {
  return { issues: [{ message, path: [key] }] };
}
