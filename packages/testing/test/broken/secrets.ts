import type { ConnectionClass, OpenContext } from "@conn/core";
import { z } from "zod";
import type { PetClient } from "../pet-client.ts";
import { type PetsConfig, PetsConnection } from "../pets.ts";

const { host, port } = {
  host: z
    .string()
    .describe("The server's name or address.")
    .meta({ examples: ["localhost"] }),
  port: z
    .number()
    .int()
    .describe("The server's port.")
    .meta({ examples: [7357] }),
};

/** Does not say which setting is secret. */
export class UnmarkedSecret extends PetsConnection {
  static override readonly config: ConnectionClass<PetsConnection, PetsConfig>["config"] =
    z.strictObject({
      host,
      port,
      token: z
        .string()
        .describe("Lets you in.")
        .meta({ examples: ["<token>"] }),
    });
}

/** Takes any setting. */
export class LooseSettings extends PetsConnection {
  static override readonly config: ConnectionClass<PetsConnection, PetsConfig>["config"] = z.object(
    {
      host,
      port,
      token: z
        .string()
        .describe("Lets you in.")
        .meta({ writeOnly: true, examples: ["<token>"] }),
    },
  );
}

const { validate, ...described } = PetsConnection.config["~standard"];

/** Makes a text of whatever it gets. */
export class CoercedSettings extends PetsConnection {
  static override readonly config: ConnectionClass<PetsConnection, PetsConfig>["config"] = {
    "~standard": {
      ...described,
      validate: (value) =>
        validate(
          typeof (value as PetsConfig).host === "object"
            ? { ...(value as PetsConfig), host: "localhost" }
            : value,
        ),
    },
  };
}

/** Describes nothing. */
export class UndescribedSettings extends PetsConnection {
  static override readonly config: ConnectionClass<PetsConnection, PetsConfig>["config"] =
    z.strictObject({
      host: z.string(),
      port: z.number(),
      token: z.string().meta({ writeOnly: true }),
    });
}

/** Says nothing of its methods. */
export class SilentMembers extends PetsConnection {
  static override readonly members = {};
}

/** Keeps the login where everybody can print it. */
export class PublicSettings extends PetsConnection {
  login: unknown = undefined;
  protected override async open(settings: PetsConfig, context: OpenContext): Promise<PetClient> {
    this.login = settings;
    return super.open(settings, context);
  }
  override toJSON(): ReturnType<PetsConnection["toJSON"]> {
    return { ...super.toJSON(), ...(this.login as object) };
  }
}

/** Prints what it does, the first time. */
export class PrintsSecret extends PetsConnection {
  static #printed = false;
  protected override async open(settings: PetsConfig, context: OpenContext): Promise<PetClient> {
    if (!PrintsSecret.#printed) process.emitWarning(`connecting with ${JSON.stringify(settings)}`);
    PrintsSecret.#printed = true;
    return super.open(settings, context);
  }
}
