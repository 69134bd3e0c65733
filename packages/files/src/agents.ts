import { Agent } from "node:http";
import { Agent as SecureAgent } from "node:https";

/** Keeps sockets, and heeds HTTPS_PROXY and NO_PROXY, which Node's agents do from 22.21 and 24.5 on. */
export function agentFor(secure: boolean, proxyEnv: NodeJS.ProcessEnv): Agent {
  const options = { keepAlive: true, proxyEnv };
  return secure ? new SecureAgent(options) : new Agent(options);
}
