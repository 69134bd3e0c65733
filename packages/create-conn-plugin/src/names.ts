import { Refusal } from "./refusal.ts";

/** All names of a plugin, from the one that its author typed. */
export interface Names {
  /** The type in secrets files: `my-source`. */
  readonly type: string;
  /** `conn-plugin-my-source`, with a scope before it if one was given. */
  readonly packageName: string;
  /** `MySource`, to which `Connection` and `Config` are added. */
  readonly className: string;
  /** `My Source`. */
  readonly title: string;
  /** The folder that is created: what was typed, without the scope. */
  readonly folder: string;
}

/** Types that are not free, and the packages that provide them. */
export type Taken = Readonly<Record<string, string>>;

const prefix = "conn-plugin-";
const longestPackageName = 214;

/** What Windows takes for a device, in whatever folder. */
const devices = /^(con|prn|aux|nul|com\d|lpt\d)$/;

/**
 * Takes `my-source`, `conn-plugin-my-source`, and either with a scope: `@pets/my-source`.
 *
 * @throws Refusal for a name that npm, conn or a file system cannot take.
 */
export function namesOf(
  typed: string,
  { scope, taken = {} }: { readonly scope?: string | undefined; readonly taken?: Taken } = {},
): Names {
  const [, typedScope, folder = ""] = /^(?:(@[^/]*)\/)?(.*)$/s.exec(typed) ?? [];
  const type = folder.startsWith(prefix) ? folder.slice(prefix.length) : folder;
  const refuse = (why: string, hint: string): never => {
    throw new Refusal(`${shown(typed)} is no name for a plugin: ${why}.`, hint);
  };
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(type))
    refuse(
      "it has to begin with a lower case letter, and go on with lower case letters, digits and single dashes",
      `Such as: ${suggestion(type)}`,
    );
  if (type.length > 64) refuse("it is longer than 64 characters", "Give a shorter one.");
  if (devices.test(type) || devices.test(folder))
    refuse("Windows takes it for a device", `Such as: ${type}-source`);
  if (type === "update" || type === "base")
    refuse("it has another meaning here", `Such as: ${type}-source`);
  if (Object.hasOwn(taken, type))
    refuse(`${taken[type]} provides this type`, `Use that package, or name yours my-${type}.`);
  const full = normalScope(scope ?? typedScope);
  const packageName = `${full}${prefix}${type}`;
  if (packageName.length > longestPackageName)
    refuse(`npm takes at most ${longestPackageName} characters`, "Give a shorter scope.");
  const words = type.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return { type, packageName, className: words.join(""), title: words.join(" "), folder };
}

function normalScope(scope: string | undefined): string {
  if (scope === undefined) return "";
  const name = scope.startsWith("@") ? scope.slice(1) : scope;
  if (/^[a-z0-9][a-z0-9._-]*$/.test(name)) return `@${name}/`;
  throw new Refusal(
    `${shown(scope)} is no scope: lower case letters, digits, and . _ - after the first.`,
    "Such as: @pets",
  );
}

function suggestion(type: string): string {
  const words = type.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const name = words
    .join("-")
    .replace(/^[^a-z]+/, "")
    .slice(0, 40)
    .replace(/-$/, "");
  return name === "" || name === "node-modules" ? "my-source" : name;
}

/** Short, and without anything that steers a terminal. */
function shown(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return JSON.stringify(short).replaceAll(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
