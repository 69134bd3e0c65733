import { channel } from "node:diagnostics_channel";

/** What happens inside conn, published on `node:diagnostics_channel` under `conn:<kind>`. */
export type ConnEvent =
  | {
      readonly kind: "open";
      readonly connection: string;
      readonly type: string;
      readonly ms: number;
    }
  | { readonly kind: "release"; readonly connection: string; readonly type: string }
  | {
      readonly kind: "hit";
      readonly connection: string;
      readonly operation: string;
      readonly age: number;
      readonly stale: boolean;
      readonly tier: "memory" | "store";
    }
  | {
      readonly kind: "load";
      readonly connection: string;
      readonly operation: string;
      readonly ms: number;
    }
  | {
      readonly kind: "retry";
      readonly connection: string;
      readonly operation: string;
      readonly attempt: number;
      readonly wait: number;
    }
  | {
      readonly kind: "failure";
      readonly connection: string;
      readonly operation: string;
      readonly code: string;
    };

export type ConnEventKind = ConnEvent["kind"];

/** How often each event happened in this process. */
export type Counters = Record<ConnEventKind, number>;

export const counts: Counters = { open: 0, release: 0, hit: 0, load: 0, retry: 0, failure: 0 };

const channels = Object.fromEntries(
  Object.keys(counts).map((kind) => [kind, channel(`conn:${kind}`)]),
) as Record<ConnEventKind, ReturnType<typeof channel>>;

/** A copy of the counters, since the process started. */
export function counters(): Counters {
  return { ...counts };
}

/** Whether anybody listens: the hot paths build no event object for nobody. */
export function observed(kind: ConnEventKind): boolean {
  return channels[kind].hasSubscribers;
}

export function publish(event: ConnEvent): void {
  counts[event.kind]++;
  if (channels[event.kind].hasSubscribers) channels[event.kind].publish(event);
}
