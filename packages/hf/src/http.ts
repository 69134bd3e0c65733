import { didYouMean } from "@conn/core/toolkit";
import { type Failure, kindOfStatus, retryAfter, StoreFailure } from "@conn/files/base";
import { designationOf, pageOf, type Repository } from "./repository.ts";

/** Redirects that are followed to a repository's newer name. */
const mostRedirects = 5;

/** What a request is about, for words and for links. */
export type About = Repository | undefined;

/** Speaks to one hub, and to the hosts that it sends to for large files, who never get the token. */
export class Http {
  readonly endpoint: string;
  readonly token: string | undefined;
  readonly #origin: string;

  constructor(endpoint: string, token: string | undefined) {
    this.endpoint = endpoint;
    this.token = token;
    this.#origin = new URL(endpoint).origin;
  }

  /** Sends a request, and throws a `StoreFailure` for an answer that is not what was asked for. */
  async send(input: string | URL | Request, init: RequestInit, about: About): Promise<Response> {
    const response = await this.fetch(input, init);
    if (!response.ok) throw await this.failure(response, init.method, about);
    return response;
  }

  /** The platform's fetch; only the hub itself gets the token. */
  fetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers ?? (input instanceof Request ? input.headers : {}));
    if (this.token !== undefined) {
      const own = `Bearer ${this.token}`;
      if (this.isHub(input)) headers.set("Authorization", own);
      // What the hub's library would send on to whom a link names.
      else if (headers.get("Authorization") === own) headers.delete("Authorization");
    }
    return fetch(input, { ...init, headers });
  }

  /** The answer of the hub itself: where its file is elsewhere, a redirect to that host. */
  async sendToHub(address: string, init: RequestInit, about: About): Promise<Response> {
    let url = address;
    for (let redirects = 0; redirects <= mostRedirects; redirects++) {
      const response = await this.fetch(url, { ...init, redirect: "manual" });
      const location = targetOf(response, url);
      if (location === undefined) {
        if (!response.ok) throw await this.failure(response, init.method, about);
        return response;
      }
      if (!this.isHub(location)) return response;
      await response.body?.cancel();
      url = location;
    }
    throw new StoreFailure("redirected", "it redirects in a circle");
  }

  isHub(input: string | URL | Request): boolean {
    const address = input instanceof Request ? input.url : String(input);
    return URL.canParse(address) && new URL(address).origin === this.#origin;
  }

  /** What an answer says that is none of success. */
  async failure(response: Response, method = "GET", about?: About): Promise<StoreFailure> {
    const { status, headers } = response;
    const code = headers.get("X-Error-Code") ?? undefined;
    const message = headers.get("X-Error-Message") ?? (await messageOf(response));
    const kind = this.#kindOf(status, code, message, method);
    return new StoreFailure(kind, message, {
      status,
      code,
      requestId: headers.get("X-Request-Id") ?? undefined,
      retryAfter: waitOf(headers),
      hint: this.#hint(kind, code, method, about),
    });
  }

  /** https://huggingface.co/docs/huggingface_hub/package_reference/utilities#huggingface_hub.errors.HfHubHTTPError */
  #kindOf(
    status: number,
    code: string | undefined,
    message: string,
    method: string,
  ): Failure["kind"] {
    if (code === "EntryNotFound") return "missing";
    if (code === "RepoNotFound" || code === "RevisionNotFound") return "no container";
    if (code === "GatedRepo" || code === "DisabledRepo") return "forbidden";
    if (status === 401) {
      if (this.token !== undefined || /invalid credentials/i.test(message))
        return "bad credentials";
      // Without a token the hub says so of what does not exist, too.
      return method === "GET" || method === "HEAD" ? "no container" : "no credentials";
    }
    // Somebody else's commit came first; a repository has no file that "exists already".
    if (status === 409 && method !== "GET") return "changed";
    return kindOfStatus(status);
  }

  #hint(
    kind: Failure["kind"],
    code: string | undefined,
    method: string,
    about: About,
  ): string | undefined {
    const page = about && pageOf(this.endpoint, about);
    const tokens = `${this.endpoint}/settings/tokens`;
    if (code === "GatedRepo") {
      const accept = `Accept its terms at ${page ?? "its page"}`;
      return this.token === undefined
        ? `${accept}, then set HF_TOKEN, or \`token\` in the section, to a token of ${tokens}`
        : `${accept} with the account of the token; some owners grant access by hand.`;
    }
    if (code === "DisabledRepo")
      return `The hub has disabled it; ${page ?? "its page"} may say why.`;
    if (code === "RevisionNotFound" && about)
      return `${designationOf(about)} has no revision ${about.revision}: give a branch, a tag or a commit, or none for main.`;
    if (kind === "no container") {
      const [namespace = "", name] = about?.kind === "model" ? about.name.split("/") : [];
      const near = name === undefined ? undefined : didYouMean(namespace, kindFolders);
      if (near !== undefined)
        return `Did you mean hf://${near}/${name}/…? A dataset's path starts with datasets/, a space's with spaces/, and a model's with its own name.`;
      return this.token === undefined
        ? `Correct the name. If it is private, set HF_TOKEN, or \`token\` in the section, to a token of ${tokens}`
        : "Correct the name, or use a token that may see it: the hub does not tell one from the other.";
    }
    if (kind === "forbidden" && method !== "GET")
      return `The token may not write here: make one with write access at ${tokens}`;
    return undefined;
  }
}

/** What may stand before a repository's name. */
const kindFolders = ["datasets", "spaces", "models"];

/** Where a redirect leads, or undefined. */
export function targetOf(response: Response, from: string): string | undefined {
  const location = response.headers.get("Location");
  if (response.status < 300 || response.status >= 400 || location === null) return undefined;
  return URL.canParse(location, from) ? new URL(location, from).href : undefined;
}

/** The version that an answer of `resolve` names: a git object's name, or a SHA-256. */
export function versionOf({ headers }: Response): string | undefined {
  const tag = headers.get("X-Linked-ETag") ?? headers.get("ETag");
  return tag?.replace(/^W\//, "").replaceAll('"', "");
}

/** Seconds until more may be asked: Retry-After, or what is left of the window. https://huggingface.co/docs/hub/rate-limits */
function waitOf(headers: Headers): number | undefined {
  const left = /(?:^|;)\s*t=(\d+)/.exec(headers.get("RateLimit") ?? "")?.[1];
  return retryAfter(headers.get("Retry-After") ?? left);
}

async function messageOf(response: Response): Promise<string> {
  const text = (await response.text().catch(() => "")).slice(0, 10_000);
  if (!response.headers.get("Content-Type")?.startsWith("application/json"))
    return `status ${response.status}`;
  try {
    const { error, message } = JSON.parse(text) as { error?: string; message?: string };
    return error ?? message ?? `status ${response.status}`;
  } catch {
    return `status ${response.status}`;
  }
}
