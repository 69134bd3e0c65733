import type { Protocol } from "./protocol.ts";

/*
 * Why a name is refused, as the end of a sentence, or undefined. Names that no store can hold go, and
 * names that mean another place to some store, proxy or file system than they seem to.
 */

/** Of any path. */
export function checkText(path: string): string | undefined {
  if (path.includes("\0")) return "holds a NUL character";
  if (/\p{Cc}/u.test(path)) return "holds control characters";
  if (/\p{Surrogate}/u.test(path)) return "is no valid Unicode";
  return undefined;
}

/** Of a bucket or a container; the store itself knows its finer rules. */
export function checkContainer(name: string, protocol: Protocol): string | undefined {
  const word = protocol === "az" ? "container" : "bucket";
  if (name === "") return `names no ${word}`;
  if (!/^[A-Za-z0-9$][A-Za-z0-9._-]{0,221}$/.test(name) || name.includes(".."))
    return `has no valid name of a ${word}`;
  return undefined;
}

/** Of an object's name. Backslashes count as slashes where they would step out of a folder. */
export function checkKey(key: string, protocol: Protocol): string | undefined {
  if (key.startsWith("/")) return "has a key that starts with a slash";
  if (key.split(/[/\\]/).some((segment) => segment === "." || segment === ".."))
    return 'has "." or ".." for a folder';
  if (Buffer.byteLength(key) > 1024) return "is longer than the 1024 bytes that a key may have";
  // https://learn.microsoft.com/en-us/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata
  if (protocol === "az" && key.includes("\\"))
    return "holds a backslash, which Azure takes for a slash";
  if (protocol === "az" && key.split("/").some((segment) => segment.endsWith(".")))
    return "has a name that ends with a dot, which Azure drops";
  return undefined;
}

/** Of a path below a root on this machine. */
export function checkLocalKey(path: string, platform: NodeJS.Platform): string | undefined {
  if (/^[/\\]/.test(path) || /^[A-Za-z]:/.test(path)) return "is absolute, and starts at the root";
  const segments = path.split(/[/\\]/);
  if (segments.some((segment) => segment === "." || segment === ".."))
    return 'has "." or ".." for a folder';
  if (segments.slice(0, -1).includes("")) return "has a folder without a name";
  if (platform !== "win32") return undefined;
  // https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file: two names for one file, and devices.
  if (/[<>:"|]/.test(path)) return "holds a character that Windows does not take";
  if (segments.some((segment) => /[. ]$/.test(segment)))
    return "has a name that ends with a dot or a space, which Windows drops";
  if (segments.some((segment) => /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(segment)))
    return "has the name of a device";
  return undefined;
}

/** The start of a path, in quotes, without what may be a signature. */
export function shorten(path: string): string {
  const plain = path.replace(/\?.*$/s, "?…");
  return JSON.stringify(plain.length > 120 ? `${plain.slice(0, 119)}…` : plain);
}
