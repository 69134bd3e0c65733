export const packageManagers = ["npm", "pnpm", "yarn", "bun"] as const;

export type ManagerName = (typeof packageManagers)[number];

export interface Manager {
  readonly name: ManagerName;
  /** Its first number, where it is known. */
  readonly major: number | undefined;
}

/** What started this process: each of them says so in `npm_config_user_agent`. */
export function invokingManager(agent: string | undefined): Manager {
  const [, name = "npm", major] = /^(npm|pnpm|yarn|bun)\/(\d+)/.exec(agent ?? "") ?? [];
  return { name: name as ManagerName, major: major === undefined ? undefined : Number(major) };
}

/** `npm create conn-plugin@latest`, as the manager has it. */
export function createCommand({ name }: Manager): string {
  return name === "npm" ? "npm create conn-plugin@latest" : `${name} create conn-plugin`;
}

/** The template speaks npm; this puts its commands in the words of another. */
export function translate(path: string, text: string, manager: Manager): string {
  if (
    manager.name === "npm" ||
    !/^(\.github\/|AGENTS\.md$|CONTRIBUTING\.md$|package\.json$)/.test(path)
  )
    return text;
  const { name, major } = manager;
  const frozen = name === "yarn" && major !== 1 ? "--immutable" : "--frozen-lockfile";
  const run = name === "bun" ? "bun run" : name;
  return text
    .replaceAll(
      /^( *)- run: npm ci$/gm,
      `$1- run: npm install --global ${distributed(manager)}\n$1- run: ${name} install ${frozen}`,
    )
    .replaceAll("npm create conn-plugin@latest", createCommand(manager))
    .replaceAll(/\bnpm run\b/g, run)
    .replaceAll(/\bnpm test\b/g, `${run} test`)
    .replaceAll(/^npm install$/gm, `${name} install`);
}

/** Files that a manager needs beside those of the template. */
export function managerFiles({ name, major }: Manager): Readonly<Record<string, string>> {
  return name === "yarn" && major !== 1 ? { ".yarnrc.yml": "nodeLinker: node-modules\n" } : {};
}

/** The package on npm that brings the manager. */
function distributed({ name, major }: Manager): string {
  const packageName = name === "yarn" && major !== 1 ? "@yarnpkg/cli-dist" : name;
  return `${packageName}@${major ?? "latest"}`;
}
