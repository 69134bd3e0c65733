import { validateConfig } from "./config.ts";
import { reconfigure } from "./connection.ts";
import type { ConnectionClass } from "./connection-class.ts";
import { didYouMean } from "./did-you-mean.ts";
import { classOf } from "./discovery.ts";
import { ConnError } from "./errors.ts";
import type { ConnectionOptions } from "./factory.ts";
import { assertClass, availableTypes } from "./registry.ts";
import { assertConnectionName, Secrets, type SecretsSection } from "./secrets.ts";
import { state } from "./state.ts";
import { warn } from "./warn.ts";

/** What an instance is made of. */
export interface Prepared {
  readonly name: string;
  readonly connectionClass: ConnectionClass;
  readonly config: object;
  /** Reads and checks the settings again, after the secrets changed. */
  readonly reload: () => Promise<object>;
}

/** Finds the section, the class and the settings of a connection; opens nothing. */
export async function prepare(given: string, options: ConnectionOptions): Promise<Prepared> {
  const name = resolveName(given);
  const section = await secrets().section(name);
  const connectionClass = await resolveClass(name, options.type, section);
  const overrides = options.config as Readonly<Record<string, unknown>> | undefined;
  return {
    name,
    connectionClass,
    config: await validateConfig(connectionClass, { name, section, overrides }),
    reload: async () =>
      validateConfig(connectionClass, { name, section: await secrets().section(name), overrides }),
  };
}

let renewing: Promise<void> | undefined;

/**
 * Reads the secrets again, with the answers of commands, and hands what changed to the connections:
 * a password may have been replaced before anything told us of it.
 */
export function renew(): Promise<void> {
  return (renewing ??= secrets()
    .renew()
    .then(refresh)
    .finally(() => (renewing = undefined)));
}

function resolveName(name: string): string {
  let resolved = name;
  if (name.startsWith("env:")) {
    const variable = name.slice(4);
    resolved = process.env[variable] ?? "";
    if (resolved === "") {
      throw new ConnError(
        "CONN_NAME_UNKNOWN",
        `The environment variable ${variable}, which names the connection, is not set.`,
        {
          hint: `Set it: export ${variable}=pet_db`,
        },
      );
    }
  }
  assertConnectionName(resolved);
  return resolved;
}

async function resolveClass(
  name: string,
  wanted: ConnectionOptions["type"],
  section: SecretsSection | undefined,
): Promise<ConnectionClass> {
  if (typeof wanted === "function") {
    assertClass(wanted, `connection(${JSON.stringify(name)}, { type })`);
    return wanted;
  }
  const type = wanted ?? section?.values["type"];
  if (type === undefined) {
    const types = await availableTypes();
    if (types.includes(name)) return classOf(name);
    throw await unknownName(name, section, types);
  }
  if (typeof type !== "string") {
    throw new ConnError("CONN_CONFIG", `The \`type\` of ${name} is no text.`, {
      connection: name,
      hint: 'Write for example: type = "sql"',
    });
  }
  return classOf(type);
}

async function unknownName(
  name: string,
  section: SecretsSection | undefined,
  types: readonly string[],
): Promise<ConnError> {
  const installed = types.length > 0 ? types.join(", ") : "none";
  if (section) {
    return new ConnError(
      "CONN_NAME_UNKNOWN",
      `The section [connections.${name}] has no \`type\`. Installed types: ${installed}.`,
      {
        connection: name,
        hint: `Add type = "${types[0] ?? "sql"}" to the section, or pass { type } to connection().`,
      },
    );
  }
  const names = await secrets().names();
  const near = didYouMean(name, [...names, ...types]);
  const list = names.length > 0 ? names.join(", ") : "none";
  return new ConnError(
    "CONN_NAME_UNKNOWN",
    `There is no connection ${JSON.stringify(name)}. Sections: ${list}. Installed types: ${installed}.`,
    {
      connection: name,
      hint: near
        ? `Did you mean "${near}"?`
        : `Add a section [connections.${name}] to .conn/secrets.toml, or pass { type } to connection().`,
    },
  );
}

/** The process's one reader of secrets; it belongs to the working directory at the first use. */
function secrets(): Secrets {
  if (!state.secrets) {
    state.secrets = new Secrets();
    state.secrets.watch((changed) => void refresh(changed));
  }
  return state.secrets;
}

async function refresh(changed: ReadonlySet<string>): Promise<void> {
  for (const { connection: instance, reload } of state.instances.values()) {
    if (!changed.has(instance.name)) continue;
    try {
      // The old client may take its time to drain.
      instance[reconfigure](await reload()).catch(() => {});
    } catch (error) {
      warn("CONN_SECRETS_CHANGED", `${instance.name} goes on with its last good settings.`, error);
    }
  }
}
