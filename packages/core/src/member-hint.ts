import { didYouMean } from "./did-you-mean.ts";
import { ConnError } from "./errors.ts";

/** Members for plugin authors; a user who misspells something did not mean these. */
const internals = new Set([
  "constructor",
  "open",
  "release",
  "ping",
  "steps",
  "cached",
  "run",
  "lease",
  "retried",
  "dropCached",
  "explain",
  "isConnectionLost",
  "isTransient",
  "config",
]);

/**
 * Puts a proxy at the end of a prototype chain, where only misses arrive: what exists costs nothing.
 * A near miss of a method, and a method that the open vendor client has, answer with a function that
 * throws the explanation when called. Every other miss stays `undefined`, because tools probe objects
 * for `then`, `toJSON`, `nodeType` and the like.
 */
export function explainMisses<T extends object>(
  prototype: T,
  clientOf: (receiver: T) => unknown,
): void {
  const last = new Proxy(Object.prototype, {
    get(target, key, receiver: T) {
      if (typeof key !== "string" || key in target)
        return Reflect.get(target, key, receiver) as unknown;
      return explain(key, receiver, clientOf);
    },
  });
  Object.setPrototypeOf(prototype, last);
}

function explain<T extends object>(
  key: string,
  receiver: T,
  clientOf: (receiver: T) => unknown,
): unknown {
  const own = Object.getPrototypeOf(receiver) as object | null;
  // Asking the class's own prototype, as tools do, is no use of a connection.
  if (!own || !("name" in receiver) || Object.hasOwn(receiver, "constructor")) return undefined;
  const name = String(receiver.name);
  const near = key.length > 3 ? didYouMean(key, methodsOf(receiver)) : undefined;
  if (near) return thrower(name, key, `Did you mean \`${near}\`?`);
  const client = clientOf(receiver);
  if (
    typeof client === "object" &&
    client !== null &&
    typeof Reflect.get(client, key) === "function"
  ) {
    return thrower(name, key, `The vendor's client has it: (await conn.client()).${key}(…)`);
  }
  return undefined;
}

function thrower(connection: string, key: string, hint: string): () => never {
  return () => {
    throw new ConnError("CONN_MEMBER", `${connection} has no method \`${key}\`.`, {
      connection,
      operation: key,
      hint,
    });
  };
}

/** The names of the methods that a user can call on an object. */
export function methodsOf(receiver: object): string[] {
  const names = new Set<string>();
  for (
    let link: object | null = receiver;
    link && link !== Object.prototype;
    link = Object.getPrototypeOf(link) as object | null
  ) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(link))) {
      if (typeof value === "function" && !internals.has(name)) names.add(name);
    }
    // Beyond the base class stands the proxy, which shows Object's own members.
    if (Object.hasOwn(link, "toJSON") && Object.hasOwn(link, "check")) break;
  }
  return [...names];
}
