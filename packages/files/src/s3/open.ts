import type { S3ClientConfig } from "@aws-sdk/client-s3";
import { importOptional } from "@conn/core/toolkit";
import { agentFor } from "../agents.ts";
import type { FilesConfig } from "../config.ts";
import { S3Store } from "./store.ts";

export type S3Sdk = typeof import("@aws-sdk/client-s3");

/** Opens S3. What the section does not say stays the SDK's to find: profiles, SSO, roles, variables. */
export async function openS3(config: FilesConfig, connection: string): Promise<S3Store> {
  const sdk = await load<S3Sdk>("@aws-sdk/client-s3", "S3", connection);
  const settings = clientConfig(config, process.env);
  return new S3Store(sdk, settings, {
    upload: () => load("@aws-sdk/lib-storage", "Writing large files to S3", connection),
    sign: () => load("@aws-sdk/s3-request-presigner", "Signing URLs of S3", connection),
  });
}

/** The settings of the SDK's client that follow from a section. */
export function clientConfig(
  config: FilesConfig,
  env: Readonly<Record<string, string | undefined>>,
): S3ClientConfig {
  const { endpoint, region, profile, accessKeyId, secretAccessKey, sessionToken } = config;
  const own = endpoint ?? env["AWS_ENDPOINT_URL_S3"] ?? env["AWS_ENDPOINT_URL"];
  const named = region ?? regionOf(env, own !== undefined);
  return {
    // Requests are repeated here, within one budget for all of them.
    maxAttempts: 1,
    ...proxied(env),
    ...(named !== undefined && { region: named }),
    ...(profile !== undefined && { profile }),
    ...(endpoint !== undefined && { endpoint }),
    // Other servers than Amazon's know buckets by path, and few of them the newer checksums.
    ...(own === undefined
      ? { followRegionRedirects: true }
      : {
          forcePathStyle: true,
          requestChecksumCalculation: "WHEN_REQUIRED",
          responseChecksumValidation: "WHEN_REQUIRED",
        }),
    ...(accessKeyId !== undefined &&
      secretAccessKey !== undefined && {
        credentials: {
          accessKeyId,
          secretAccessKey,
          ...(sessionToken !== undefined && { sessionToken }),
        },
      }),
    ...(config.anonymous && {
      credentials: { accessKeyId: "", secretAccessKey: "" },
      signer: { sign: (request) => Promise.resolve(request) },
    }),
  };
}

/** AWS's other tools heed HTTPS_PROXY, which this SDK does not. */
function proxied(
  env: Readonly<Record<string, string | undefined>>,
): Pick<S3ClientConfig, "requestHandler"> {
  if (!Object.keys(env).some((name) => /^https?_proxy$/i.test(name))) return {};
  return {
    requestHandler: { httpAgent: agentFor(false, env), httpsAgent: agentFor(true, env) },
  };
}

/** Python's tools read AWS_DEFAULT_REGION, which this SDK does not; other servers have no regions, yet the SDK asks for one. */
function regionOf(
  env: Readonly<Record<string, string | undefined>>,
  custom: boolean,
): string | undefined {
  if (env["AWS_REGION"]) return undefined;
  return env["AWS_DEFAULT_REGION"] ?? (custom ? "us-east-1" : undefined);
}

// A name in a variable, so that bundlers leave the optional package out.
function load<T>(packageName: string, needed: string, connection: string): Promise<T> {
  return importOptional(async () => (await import(packageName)) as T, {
    packageName,
    needed,
    connection,
  });
}
