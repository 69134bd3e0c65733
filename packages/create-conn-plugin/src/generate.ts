import { createHash } from "node:crypto";
import type { Names } from "./names.ts";
import { type Manager, type ManagerName, managerFiles, translate } from "./package-manager.ts";
import type { Files, Template, Variant } from "./template.ts";

/** What a project remembers of its origin, so that `update` can tell what its author has changed. */
export interface Origin {
  readonly version: string;
  readonly variant: Variant;
  readonly packageManager: ManagerName;
  /** SHA-256 of the files that `update` may replace, as they were created. */
  readonly files: Readonly<Record<string, string>>;
}

export const originFile = ".conn-plugin.json";

/** All files of a new project. */
export function generate(
  template: Template,
  variant: Variant,
  names: Names,
  manager: Manager,
): Files {
  const own = fill(template.variants[variant], names, manager);
  const shared = sharedFiles(template, names, manager);
  const manifest = fill({ "package.json": template.manifest }, names, manager);
  const origin = originText(template.version, variant, manager.name, shared);
  return { ...manifest, ...shared, ...own, [originFile]: origin };
}

/** What is the same for all variants, and hardly ever changed by an author. */
export function sharedFiles(template: Template, names: Names, manager: Manager): Files {
  return { ...fill(template.shared, names, manager), ...managerFiles(manager) };
}

/** The origin as text, of files that are as they were created. */
export function originText(
  version: string,
  variant: Variant,
  packageManager: ManagerName,
  created: Files,
): string {
  const files = Object.fromEntries(
    Object.entries(created)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([path, text]) => [path, digest(text)]),
  );
  return `${JSON.stringify({ version, variant, packageManager, files } satisfies Origin, null, 2)}\n`;
}

export function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function fill(files: Files, names: Names, manager: Manager): Files {
  return Object.fromEntries(
    Object.entries(files).map(([path, text]) => [
      path,
      translate(path, named(text, names), manager),
    ]),
  );
}

/** The template's names replaced in one pass, so that a new name may contain an old one. */
function named(text: string, { type, packageName, className, title }: Names): string {
  const replacements: Readonly<Record<string, string>> = {
    "conn-plugin-my-source": packageName,
    "my-source": type,
    MySource: className,
    "My Source": title,
  };
  return text.replaceAll(
    /conn-plugin-my-source|my-source|MySource|My Source/g,
    (name) => replacements[name]!,
  );
}
