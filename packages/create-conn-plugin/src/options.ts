import { parseArgs } from "node:util";
import {
  createCommand,
  invokingManager,
  type Manager,
  type ManagerName,
  packageManagers,
} from "./package-manager.ts";
import { Refusal } from "./refusal.ts";
import { isVariant, type Variant, variants } from "./template.ts";

/** What the command line says; what is undefined may be asked for. */
export interface Options {
  readonly command: "create" | "update" | "help" | "version";
  readonly name: string | undefined;
  readonly scope: string | undefined;
  readonly variant: Variant | undefined;
  readonly manager: Manager;
  readonly git: boolean | undefined;
  readonly install: boolean | undefined;
}

/** @throws Refusal for an option or a value that it does not know. */
export function readOptions(args: readonly string[], agent: string | undefined): Options {
  const { values, positionals } = parse(args);
  const invoking = invokingManager(agent);
  const [first, ...more] = positionals;
  if (more.length > 0)
    throw new Refusal(`One name is enough; there is also ${JSON.stringify(more[0])}.`, seeHelp);
  const { variant, "package-manager": managerName } = values;
  if (variant !== undefined && !isVariant(variant))
    throw new Refusal(
      `There is no variant ${JSON.stringify(variant)}.`,
      `Choose one of: ${Object.keys(variants).join(", ")}`,
    );
  if (managerName !== undefined && !packageManagers.includes(managerName as ManagerName))
    throw new Refusal(
      `${JSON.stringify(managerName)} is no package manager that this knows.`,
      `Choose one of: ${packageManagers.join(", ")}`,
    );
  return {
    command: values.help
      ? "help"
      : values.version
        ? "version"
        : first === "update"
          ? "update"
          : "create",
    name: first,
    scope: values.scope,
    variant,
    manager:
      managerName === undefined || managerName === invoking.name
        ? invoking
        : { name: managerName as ManagerName, major: undefined },
    git: values.git,
    install: values.install,
  };
}

export function helpText(manager: Manager): string {
  const command = createCommand(manager);
  // npm keeps options for itself, unless two dashes stand before them.
  const dashes = manager.name === "npm" ? " --" : "";
  return `Creates a connection for conn: source, tests, and what it takes to publish it.

  ${command} my-source             creates the folder my-source
  ${command}${dashes} @pets/my-source --variant query
  ${command} update                brings a project to the present template

Options:
  --variant <name>          ${Object.entries(variants)
    .map(([name, what]) => `${name}: ${what}`)
    .join(`\n${" ".repeat(28)}`)}
                            Default: api
  --scope <scope>           Publish as @scope/conn-plugin-my-source. Default: none
  --package-manager <name>  ${packageManagers.join(", ")}. Default: the one that runs this
  --git, --no-git           Whether to begin a git repository. Default: where there is none
  --install, --no-install   Whether to install the dependencies. Default: no
  --help, --version

In a terminal it asks for what the command does not say; elsewhere it asks nothing.`;
}

const seeHelp = "See what there is with --help.";

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      allowNegative: true,
      options: {
        variant: { type: "string" },
        scope: { type: "string" },
        "package-manager": { type: "string" },
        git: { type: "boolean" },
        install: { type: "boolean" },
        help: { type: "boolean", short: "h" },
        version: { type: "boolean", short: "v" },
      },
    });
  } catch (error) {
    const [sentence = ""] = (error as Error).message.split(". ");
    throw new Refusal(`${sentence}.`, seeHelp);
  }
}
