import { ConnError, registerSecret } from "@conn/core";
import { checkEndpointAddress, explain } from "@conn/files/base";
import type { HubClient } from "./client.ts";
import { checkPrivacy, type HfConfig } from "./config.ts";
import { tokenOfEnvironment } from "./environment.ts";
import { Http } from "./http.ts";
import { top } from "./repository.ts";
import { HubStore } from "./store.ts";
import { words } from "./words.ts";

/** Opens the hub. Its library is imported here, and not before. `repeated` repeats a request of `client().fetch`. */
export async function openHub(
  config: HfConfig,
  connection: string,
  repeated: (request: () => Promise<Response>) => Promise<Response>,
): Promise<HubStore> {
  const { endpoint, anonymous, allowLinkLocal } = config;
  await checkEndpointAddress(endpoint, allowLinkLocal, connection);
  const token = anonymous ? undefined : (config.token ?? (await tokenOfEnvironment()));
  if (token !== undefined) {
    registerSecret(token);
    const why = token.startsWith("hf_")
      ? checkPrivacy(endpoint)
      : 'a token of Hugging Face starts with "hf_"';
    if (why !== undefined)
      throw new ConnError(
        "CONN_CONFIG",
        `${connection} cannot use the token of the environment: ${why}.`,
        {
          connection,
          operation: "open",
          hint: "Correct HF_TOKEN, the file of `hf auth login`, or `endpoint`; `anonymous = true` asks without a token.",
        },
      );
  }
  const http = new Http(endpoint, token);
  const client: HubClient = {
    hub: await import("@huggingface/hub"),
    hubUrl: endpoint,
    fetch: (input, init) => {
      const request = (): Promise<Response> => fetchForUser(http, connection, input, init);
      const method = init?.method ?? (input instanceof Request ? input.method : "GET");
      return /^(GET|HEAD)$/i.test(method) ? repeated(request) : request();
    },
    ...(token !== undefined && { accessToken: token }),
  };
  return new HubStore(client, http);
}

/** Any answer as it is, but those after which the same request may succeed. */
async function fetchForUser(
  http: Http,
  connection: string,
  input: string | URL | Request,
  init: RequestInit | undefined,
): Promise<Response> {
  const response = await http.fetch(input, init);
  const later = response.status === 429 || response.status === 408 || response.status >= 500;
  if (!later) return response;
  const { failure } = await http.failure(response, init?.method);
  throw explain(failure, { connection, operation: "client", location: top, words }, undefined);
}
