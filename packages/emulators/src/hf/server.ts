import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type Account, type CdnRequest, type Fault, Hub } from "./hub.ts";
import type { Repository, RepositoryInit } from "./repositories.ts";

export interface HfServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40001`. */
  readonly url: string;
  /** Every request so far, as `GET /path`. */
  readonly requests: readonly string[];
  /** The second host that files of LFS are redirected to, and whether each request to it held a token. */
  readonly cdn: { readonly url: string; readonly requests: readonly CdnRequest[] };
  /** Bytes of files sent so far, by both hosts. */
  readonly bytesSent: number;
  /** Requests that were never answered, and whose senders still wait. */
  readonly waiting: number;
  /** Adds a repository, or another revision of one. */
  add(repository: RepositoryInit): Repository;
  /** The next `times` requests are answered with 429 and Retry-After in seconds. */
  limitRate(times: number, retryAfter: number): void;
  /** Makes a token one of an account, which may write where its role says so. */
  account(token: string, account: Account): void;
  /** What happens to the next requests whose path the expression matches, of both hosts. */
  play(faults: readonly Fault[], path?: RegExp): void;
}
/** The Hugging Face hub and the host of its large files, in memory, on 127.0.0.1. Uploads are those of LFS; the Xet protocol is not spoken. */
export async function hfServer(options: { pageSize?: number } = {}): Promise<HfServer> {
  const hub = new Hub(options.pageSize ?? 1000);
  const server = createServer((request, response) => void hub.handle(request, response));
  const cdn = createServer((request, response) => void hub.handleCdn(request, response));
  const url = await listen(server);
  hub.cdnUrl = await listen(cdn);
  return {
    url,
    requests: hub.requests,
    cdn: { url: hub.cdnUrl, requests: hub.cdnRequests },
    get bytesSent() {
      return hub.bytesSent;
    },
    get waiting() {
      return hub.waiting;
    },
    add: (init) => hub.add(init),
    limitRate: (times, retryAfter) => hub.limitRate(times, retryAfter),
    account: (token, account) => void hub.accounts.set(token, account),
    play: (faults, path = /./) => hub.play(faults, path),
    async [Symbol.asyncDispose]() {
      for (const each of [server, cdn]) {
        each.closeAllConnections();
        await new Promise((resolve) => each.close(resolve));
      }
    },
  };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  return `http://127.0.0.1:${port}`;
}
