import { type MaskText, redactDeep } from "./redact/deep.ts";
import type { Span } from "./redact/automaton.ts";
import { finder, mask, remember } from "./redact/vault.ts";

/**
 * Makes a value known as secret, so that no message, log or file of conn shows it: neither as it is
 * nor percent-encoded, in base64 or hex, escaped for JSON or HTML, nor a line of it. Values of less
 * than four characters, short numbers and everyday words (`true`, `postgres`) are left alone, since
 * masking them would hide ordinary text. Of very many secrets the oldest are forgotten.
 */
export function registerSecret(value: string): void {
  remember(value);
  const trimmed = value.trim();
  if (trimmed !== value) remember(trimmed);
  if (trimmed.startsWith("{")) for (const part of secretsOfJson(trimmed)) remember(part);
}

/** The text with `[redacted]` for each stretch that secrets cover. Takes time in proportion to the text. */
export function redactText(text: string): string {
  const automaton = finder();
  if (!automaton || text.length < 4) return text;
  const { spans } = automaton.scan(text);
  return spans.length === 0 ? text : masked(text, spans);
}

/**
 * The value with every secret masked: in texts, keys, arrays, maps, sets, bytes and errors with all
 * that hangs on them. Returned itself where it holds none, else copied; the argument is never
 * changed. Objects of other classes, such as a driver's client, are replaced by their class's name
 * where they hold a secret or are too large to tell.
 */
export function redact<T>(value: T): T {
  if (!finder()) return value;
  return redactDeep(value, redactText satisfies MaskText) as T;
}

/** Masks a stream of texts; a secret that is cut in two by a chunk's end is masked all the same. */
export function redactingTransform(): TransformStream<string, string> {
  let held = "";
  // How many of the held characters belong to a secret whose mask was the last to go out.
  let covered: number | undefined;
  return new TransformStream<string, string>({
    transform(chunk, controller) {
      const text = held + chunk;
      const { spans, open } = finder()?.scan(text) ?? { spans: [], open: 0 };
      const end = text.length - open;
      const out = masked(text, spans, covered, end);
      if (out !== "") controller.enqueue(out);
      // A secret that only begins in what is held back is found again with the next chunk.
      const reaches = spans.findLast(({ start }) => start < end)?.end ?? 0;
      const rest = Math.max(covered ?? -1, reaches || -1) - end;
      covered = rest < 0 ? undefined : rest;
      held = text.slice(end);
    },
    flush(controller) {
      const out = masked(held, finder()?.scan(held).spans ?? [], covered);
      if (out !== "") controller.enqueue(out);
    },
  });
}

function secretsOfJson(text: string): string[] {
  try {
    const values = JSON.parse(text) as Record<string, unknown>;
    return Object.entries(values).flatMap(([name, value]) =>
      typeof value === "string" && /key|secret|token|pass/i.test(name) ? [value] : [],
    );
  } catch {
    return [];
  }
}

/** The text up to `end` with a mask for each span; of the first `covered` characters the mask is already out. */
function masked(
  text: string,
  spans: readonly Span[],
  covered?: number,
  end: number = text.length,
): string {
  let out = "";
  let position = covered ?? 0;
  for (const span of spans) {
    if (span.start >= end) break;
    if (covered === undefined || span.start > position)
      out += text.slice(position, span.start) + mask;
    position = Math.max(position, span.end);
  }
  return position < end ? out + text.slice(position, end) : out;
}
