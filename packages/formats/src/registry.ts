import { ConnError } from "@conn/core";
import { didYouMean } from "@conn/core/toolkit";
import { compressionByName, extensionOf } from "./compression.ts";
import { builtIn } from "./formats.ts";
import { foreignContent } from "./foreign.ts";
import type { Format } from "./format.ts";
import type { FormatOptions } from "./options.ts";
import { openSource } from "./open.ts";
import type { ByteSource } from "./source.ts";

const registered: Format[] = [];

/** Adds a format, before those that are there. The answer removes it again. */
export function registerFormat(format: Format): () => void {
  registered.unshift(format);
  return () => {
    const index = registered.indexOf(format);
    if (index >= 0) registered.splice(index, 1);
  };
}

/**
 * The format of a file: by `format`, else its extension, else its content, else its media type.
 * Errors: `CONN_FORMAT` where nothing tells, or where the content is another format's;
 * `CONN_ARGUMENT` where `format` names none.
 */
export async function formatOf(source: ByteSource, options: FormatOptions = {}): Promise<Format> {
  const named = formatByName(source.name, options.format);
  if (named?.ranged) return named;
  const opened = await openSource(source, options);
  try {
    return formatOfContent(opened.source, options, opened.head);
  } finally {
    await opened.close();
  }
}

/**
 * The format of a file that is read in pieces, by `format` or its extension: its first byte is not where
 * its reading begins. Undefined for all others. Errors: `CONN_ARGUMENT` where `format` names none.
 */
export function rangedFormat(
  name: string,
  { format, compression }: FormatOptions = {},
): Format | undefined {
  if (compression !== undefined || compressionByName(name) !== undefined) return undefined;
  const named = formatByName(name, format);
  return named?.ranged ? named : undefined;
}

/** The formats that there are, those registered last first. */
export function formats(): readonly Format[] {
  return [...registered, ...builtIn];
}

/** What `format` or the extension says. */
export function formatByName(name: string, format: string | undefined): Format | undefined {
  if (format !== undefined) {
    const found = formats().find((each) => each.name === format);
    if (found) return found;
    const names = formats().map((each) => each.name);
    const near = didYouMean(format, names);
    throw new ConnError("CONN_ARGUMENT", `There is no format "${format}".`, {
      hint: near ? `Did you mean "${near}"?` : `The formats: ${names.join(", ")}.`,
    });
  }
  const inner = compressionByName(name) ? name.replace(/\.[^.]+$/, "") : name;
  const extension = extensionOf(inner);
  return formats().find(({ extensions }) => extensions.includes(extension));
}

/** The format by all that is known, the first bytes (decompressed) among it. */
export function formatOfContent(
  source: ByteSource,
  options: FormatOptions,
  head: Uint8Array,
): Format {
  const named = formatByName(source.name, options.format);
  const shown = formats().find((format) => format.matches?.(head));
  if (named && shown && !named.matches?.(head) && named.name !== "bytes")
    throw contradiction(source.name, named, shown, options.format !== undefined);
  if (!shown && (!named || named.typed)) {
    const foreign = foreignContent(source.name, head);
    if (foreign) throw foreign;
  }
  if (named?.typed && isWebPage(head)) {
    throw new ConnError("CONN_FORMAT", `${source.name} is no ${named.name} but a web page.`, {
      hint: "It may be a server's error or log-in page that was saved under this name: open it and see.",
    });
  }
  if (named?.extensions.includes("csv") && options.format === undefined && isJson(head))
    throw contradiction(source.name, named, formatByName("", "json")!, false);
  const media = source.contentType?.split(";", 1)[0]!.trim().toLowerCase();
  const found =
    named ??
    shown ??
    formats().find(({ contentTypes }) => media && contentTypes?.includes(media)) ??
    formats().find((format) => format.resembles?.(head));
  if (found) return found;
  const names = formats().map((each) => each.name);
  throw new ConnError(
    "CONN_FORMAT",
    `${source.name}: neither its name nor its content tells its format.`,
    { hint: `Say what it is: { format: "csv" }. The formats: ${names.join(", ")}.` },
  );
}

function isWebPage(head: Uint8Array): boolean {
  return /^\ufeff?\s*<(?:!doctype html|html)/i.test(Buffer.from(head.subarray(0, 200)).toString());
}

/** An array or an object of JSON, which no line of names begins like. */
function isJson(head: Uint8Array): boolean {
  return /^\ufeff?\s*(?:\[\s*)?\{\s*"(?:[^"\\]|\\.)*"\s*:/.test(
    Buffer.from(head.subarray(0, 1000)).toString(),
  );
}

function contradiction(name: string, named: Format, shown: Format, asked: boolean): ConnError {
  const by = asked ? `\`format\` says ${named.name}` : `its name says ${named.name}`;
  return new ConnError("CONN_FORMAT", `${name}: ${by}, and its content is ${shown.name}.`, {
    hint: `Read it as what it is: { format: "${shown.name}" }.`,
  });
}
