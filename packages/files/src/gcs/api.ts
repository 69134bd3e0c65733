import { type Agent, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { request as secureRequest } from "node:https";
import { text } from "node:stream/consumers";
import type { Storage } from "@google-cloud/storage";
import { agentFor } from "../agents.ts";
import { errorOf } from "./errors.ts";

export interface ApiRequest {
  readonly method?: "GET" | "POST" | "DELETE";
  /** Below the API's address. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * The JSON API with the SDK's credentials. The SDK's own requests cannot be aborted, follow redirects to
 * anywhere, and share their sockets with the whole process.
 */
export class GcsApi {
  readonly #storage: Storage;
  readonly #login: boolean;
  readonly #agent: Agent;

  constructor(storage: Storage, login: boolean) {
    this.#storage = storage;
    this.#login = login;
    // The SDK's own requests heed HTTPS_PROXY too.
    this.#agent = agentFor(storage.baseUrl.startsWith("https:"), process.env);
  }

  /** An answer's JSON, or undefined where it has none. @throws the error that the answer tells. */
  async json(asked: ApiRequest, signal: AbortSignal): Promise<unknown> {
    const response = await this.media(asked, signal);
    const body = await text(response);
    return body === "" ? undefined : (JSON.parse(body) as unknown);
  }

  /** An answer's bytes, as they come. @throws the error that the answer tells. */
  async media(asked: ApiRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const { method = "GET", path, query = {}, headers = {} } = asked;
    const url = new URL(`${this.#storage.baseUrl}${path}`);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const login = this.#login ? await this.#credentials(url.href) : {};
    signal.throwIfAborted();
    const response = await this.#send(url, method, { ...headers, ...login }, signal);
    const { statusCode = 0 } = response;
    if (statusCode >= 200 && statusCode < 300) return response;
    throw errorOf(statusCode, response.headers, await text(response));
  }

  close(): void {
    this.#agent.destroy();
  }

  /** The project whose buckets are listed. */
  async project(): Promise<string> {
    return this.#login ? this.#storage.authClient.getProjectId() : "emulated";
  }

  async #credentials(url: string): Promise<Record<string, string>> {
    const found: unknown = await this.#storage.authClient.getRequestHeaders(url);
    // A Headers object since version 8 of the SDK, a plain one before.
    return Object.fromEntries(found instanceof Headers ? found : Object.entries(found as object));
  }

  #send(
    url: URL,
    method: string,
    headers: Readonly<IncomingHttpHeaders>,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const send = url.protocol === "https:" ? secureRequest : request;
      const length = method === "POST" ? { "content-length": "0" } : {};
      send(url, { method, headers: { ...headers, ...length }, agent: this.#agent, signal }, resolve)
        .on("error", reject)
        .end();
    });
  }
}
