import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Conditions, Description } from "./buckets.ts";
import { Failure } from "./failure.ts";

/** An upload that comes in pieces. https://cloud.google.com/storage/docs/performing-resumable-uploads */
export interface Session {
  readonly bucket: string;
  readonly name: string;
  readonly description: Description;
  readonly conditions: Conditions;
  readonly chunks: Buffer[];
  length: number;
}

export class Sessions {
  readonly #sessions = new Map<string, Session>();

  start(session: Omit<Session, "chunks" | "length">): string {
    const id = randomUUID();
    this.#sessions.set(id, { ...session, chunks: [], length: 0 });
    return id;
  }

  get(id: string): Session {
    const session = this.#sessions.get(id);
    if (!session) throw new Failure(404, "notFound", "The upload session does not exist.");
    return session;
  }

  end(id: string): void {
    this.#sessions.delete(id);
  }
}

/** Adds a piece; true once all is there. */
export function append(session: Session, bytes: Buffer, header: string | undefined): boolean {
  const range = /^bytes (?:(\d+)-(\d+|\*)|\*)\/(\d+|\*)$/.exec(header ?? "");
  if (header !== undefined && !range)
    throw new Failure(400, "invalid", `Failed to parse Content-Range: ${header}`);
  // A query how far it is has a total and no range.
  if (!range || range[1] !== undefined) {
    const start = Number(range?.[1] ?? session.length);
    if (start > session.length)
      throw new Failure(503, "backendError", "Bytes are missing before this piece.");
    const fresh = bytes.subarray(session.length - start);
    session.chunks.push(fresh);
    session.length += fresh.length;
  }
  if (!range) return true;
  if (range[3] !== "*") return session.length >= Number(range[3]);
  // An open end: what came is all there is.
  return range[2] === "*";
}

/** The two parts of an upload in one request. https://www.rfc-editor.org/rfc/rfc2387 */
export function splitRelated(
  body: Buffer,
  { "content-type": type = "" }: IncomingHttpHeaders,
): { readonly description: Description; readonly bytes: Buffer } {
  const boundary = /boundary="?([^";]+)"?/.exec(type)?.[1];
  if (boundary === undefined) throw new Failure(400, "invalid", "The request has no boundary.");
  const delimiter = Buffer.from(`--${boundary}`);
  const parts: { readonly head: string; readonly bytes: Buffer }[] = [];
  for (let at = body.indexOf(delimiter); ;) {
    const next = body.indexOf(delimiter, at + delimiter.length);
    if (at < 0 || next < 0) break;
    const part = body.subarray(at + delimiter.length, next);
    const end = part.indexOf("\r\n\r\n");
    parts.push({ head: part.subarray(0, end).toString(), bytes: part.subarray(end + 4, -2) });
    at = next;
  }
  const [meta, media] = parts;
  if (!meta || !media) throw new Failure(400, "invalid", "The request has not two parts.");
  const contentType = /content-type:\s*([^\r\n]+)/i.exec(media.head)?.[1];
  const description = JSON.parse(meta.bytes.toString()) as Description;
  return { description: { contentType, ...description }, bytes: Buffer.from(media.bytes) };
}
