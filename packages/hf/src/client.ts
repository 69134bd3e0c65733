/** Hugging Face's own library, and what its functions take of this connection. */
export interface HubClient {
  /** The module `@huggingface/hub`. */
  readonly hub: Hub;
  /** For its functions' `hubUrl`. */
  readonly hubUrl: string;
  /** For their `fetch`: repeats what can be repeated, and gives the token to the hub alone. */
  readonly fetch: typeof fetch;
  /** For their `accessToken`; a secret. */
  readonly accessToken?: string;
}

export type Hub = typeof import("@huggingface/hub");
