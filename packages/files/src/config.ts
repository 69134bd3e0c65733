import type { StandardSchemaV1 } from "@conn/core";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { checkEndpoint } from "./endpoint.ts";
import { readRoot, type Root } from "./paths.ts";
import { type Protocol, protocolNames, protocolOf, words } from "./protocol.ts";

const secret = v.metadata<string, { readonly writeOnly: true }>({ writeOnly: true });
const text = v.pipe(v.string(), v.minLength(1));

const setting = <Example>(description: string, example: Example) =>
  v.optional(v.pipe(text, v.description(description), v.metadata({ examples: [example] })));
const secretSetting = (description: string, example: string) =>
  v.optional(v.pipe(text, v.description(description), v.examples([example]), secret));

const section = v.strictObject({
  protocol: v.optional(
    v.pipe(
      v.picklist(protocolNames),
      v.description("Where the files are. Default: what `root` or the connection's name says."),
      v.examples(["s3"]),
    ),
  ),
  root: setting(
    "The folder, or the bucket or container with a prefix, that paths start from and cannot leave.",
    "s3://pets/2026",
  ),
  endpoint: setting(
    "The address of another server than the cloud's own: MinIO, R2, Ceph, an emulator.",
    "https://storage.example.com",
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
      v.description("Ask without credentials, for what is public."),
      v.examples([true]),
    ),
    false,
  ),
  region: setting("S3: the bucket's region. Default: as the AWS tools find it.", "eu-central-1"),
  profile: setting("S3: a profile of ~/.aws/config.", "pets"),
  accessKeyId: setting("S3: the access key. Default: as the AWS tools find it.", "AKIA…"),
  secretAccessKey: secretSetting("S3: the access key's secret.", "<secret>"),
  sessionToken: secretSetting("S3: the token of temporary credentials.", "<token>"),
  projectId: setting("Google Cloud: the project, where buckets are listed.", "pets"),
  keyFile: setting(
    "Google Cloud: the path of a service account's key. Default: application default credentials.",
    "/run/secrets/pets.json",
  ),
  project_id: setting(
    "Google Cloud: as in a service account's key, which a section may hold.",
    "pets",
  ),
  client_email: setting("Google Cloud: as in a service account's key.", "pets@example.com"),
  private_key: secretSetting("Google Cloud: as in a service account's key.", "<key>"),
  private_key_id: secretSetting("Google Cloud: as in a key; not needed.", "<id>"),
  client_id: setting("Google Cloud: as in a service account's key; not needed.", "1234"),
  auth_uri: setting("Google Cloud: as in a service account's key; not needed.", "https://…"),
  token_uri: secretSetting("Google Cloud: as in a service account's key; not needed.", "<url>"),
  auth_provider_x509_cert_url: setting("Google Cloud: as in a key; not needed.", "https://…"),
  client_x509_cert_url: setting("Google Cloud: as in a key; not needed.", "https://…"),
  universe_domain: setting("Google Cloud: as in a key; not needed.", "googleapis.com"),
  account: setting("Azure: the storage account.", "pets"),
  accountKey: secretSetting("Azure: the account's key. Default: Azure's own login.", "<key>"),
  sasToken: secretSetting("Azure: a shared access signature.", "<token>"),
  connectionString: secretSetting(
    "Azure: the account's connection string. Default: AZURE_STORAGE_CONNECTION_STRING.",
    "<connection string>",
  ),
  partSize: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(64 * 1024),
      v.maxValue(1024 ** 3),
      v.description("Bytes of each range of a large file. Uploads to S3 take at least 5 MiB."),
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
      v.description("Ranges of a file, or files, that are read or written at once."),
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

/** The settings of a connection to files, checked. */
export interface FilesConfig extends Omit<Section, "protocol" | "root"> {
  readonly protocol?: Protocol;
  readonly root?: Root;
}

/** Settings that one protocol alone has. */
const owners: readonly (readonly [protocol: Protocol, keys: readonly (keyof Section)[]])[] = [
  ["s3", ["region", "profile", "accessKeyId", "secretAccessKey", "sessionToken"]],
  ["gs", ["projectId", "keyFile", "project_id", "client_email", "private_key"]],
  ["az", ["account", "accountKey", "sasToken", "connectionString"]],
];

const described = toStandardJsonSchema(section)["~standard"] as StandardSchemaV1<
  unknown,
  Section
>["~standard"];

type Resolved = ReturnType<StandardSchemaV1<unknown, FilesConfig>["~standard"]["validate"]>;

/** The schema of a section, and what its settings must be to each other. */
export const config: StandardSchemaV1<unknown, FilesConfig> = {
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

function resolve({ protocol: named, root: text, ...settings }: Section): Resolved {
  const said = named === undefined ? undefined : protocolOf(named);
  const located = text === undefined ? undefined : readRoot(text, said, ownerOf(settings));
  if (located && "problem" in located) return problem(located.problem, "root");
  const protocol = located?.root.protocol ?? said ?? ownerOf(settings);
  for (const [owner, keys] of owners) {
    const foreign = keys.find(
      (key) => key in settings && settings[key as keyof typeof settings] !== undefined,
    );
    if (foreign !== undefined && owner !== protocol)
      return problem(
        `this is a setting of ${words[owner].title}, and the connection is for ${words[protocol!].title}`,
        foreign,
      );
  }
  const { accessKeyId, secretAccessKey, client_email, private_key, endpoint } = settings;
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
    return problem("`accessKeyId` and `secretAccessKey` go together", "accessKeyId");
  if ((client_email === undefined) !== (private_key === undefined))
    return problem("`client_email` and `private_key` go together", "client_email");
  if (endpoint !== undefined) {
    const why = checkEndpoint(endpoint, settings.allowLinkLocal);
    if (why !== undefined) return problem(why, "endpoint");
  }
  return {
    value: { ...settings, ...(protocol && { protocol }), ...(located && { root: located.root }) },
  };
}

/** The protocol whose settings a section has. */
function ownerOf(settings: Partial<Section>): Protocol | undefined {
  return owners.find(([, keys]) => keys.some((key) => settings[key] !== undefined))?.[0];
}

function problem(message: string, key: keyof Section): Resolved {
  return { issues: [{ message, path: [key] }] };
}
