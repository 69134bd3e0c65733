import { ConnError } from "@conn/core";
import type { MySourceConfig } from "./config.ts";

/** An answer that is no success. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  /** Seconds after which the source wants to be asked again, where it says so. */
  readonly retryAfter: number | undefined;

  constructor(path: string, { status, statusText, headers }: Response) {
    super(`${path}: ${status} ${statusText}`);
    this.status = status;
    this.retryAfter = Number(headers.get("retry-after")) || undefined;
  }
}

/** Asks the API. Replace it by the vendor's package, if there is one. */
export class ApiClient {
  readonly #base: URL;
  readonly #headers: Record<string, string>;

  constructor({ url, token }: MySourceConfig) {
    this.#base = new URL(url.endsWith("/") ? url : `${url}/`);
    // Without keep-alive no socket outlives its request, so that there is nothing to release.
    this.#headers = { authorization: `Bearer ${token}`, connection: "close" };
  }

  async get(path: string, signal: AbortSignal): Promise<unknown> {
    const response = await fetch(this.#locate(path), { headers: this.#headers, signal });
    if (response.ok) return response.json();
    await response.body?.cancel();
    throw new HttpError(path, response);
  }

  /** The token is for this API alone: a path never leads to another host. */
  #locate(path: string): URL {
    const url = new URL(path.replace(/^\//, ""), this.#base);
    if (url.href.startsWith(this.#base.href)) return url;
    throw new ConnError("CONN_ARGUMENT", `${JSON.stringify(path)} is outside of the API.`, {
      hint: 'Give a path below the connection\'s url, such as "pets".',
    });
  }
}
