import { configure } from "@conn/core";
import { type Case, group } from "../case.ts";
import { demand, eventually, failureOf, settled } from "../demand.ts";
import { scribble, textOf } from "../result.ts";

const make = group("cache");

export const cacheCases: readonly Case[] = [
  make(
    "hit",
    "answers an equal call from the cache",
    ["query or read"],
    async ({ connect, sample }) => {
      const { conn, log } = await connect();
      await sample(conn, {});
      await sample(conn, {});
      demand(log.loads > 0, "The sample call does not go through `cached`.");
      demand(
        log.loads === 1,
        `Two equal calls load ${log.loads} times: something in the key's \`args\` changes from call to call, or the result is of a class of your own, which no cache can share.`,
      );
    },
  ),
  make(
    "options",
    "hands the caller's options on to the cache",
    ["query or read"],
    async ({ connect, sample }) => {
      const { conn, log } = await connect();
      await sample(conn, { ttl: 0 });
      await sample(conn, { ttl: 0 });
      const loads = log.loads;
      demand(loads === 2, "`ttl: 0` does not reach the cache: hand the options to `cached`.");
      await sample(conn, {});
      await sample(conn, { refresh: true });
      demand(
        log.loads === loads + 2,
        "`refresh: true` does not reach the cache: hand the options to `cached`.",
      );
    },
  ),
  make(
    "keys",
    "keeps calls with different arguments apart",
    ["variants"],
    async ({ connect, subject, sample }) => {
      const { conn } = await connect();
      await sample(conn, {});
      for (const [index, variant] of subject.variants!.entries()) {
        const cached = await settled(Promise.resolve(variant(conn, {})), `variant ${index}`);
        const fresh = await settled(Promise.resolve(variant(conn, { ttl: 0 })), `variant ${index}`);
        demand(
          textOf(cached) === textOf(fresh),
          `Variant ${index} is answered with another call's result: an argument that changes the result is missing in the key's \`args\`.`,
        );
      }
    },
  ),
  make("failures", "remembers no failure", ["fails"], async ({ connect, subject }) => {
    const { conn, log } = await connect();
    await failureOf(subject.fails!(conn, {}), "the failing call");
    const loads = log.loads;
    await failureOf(subject.fails!(conn, {}), "the failing call");
    demand(log.loads > loads, "The second failing call is answered without asking the source.");
  }),
  make("shared", "gives no caller what another could change", [], async ({ connect, sample }) => {
    const { conn } = await connect();
    const first = await sample(conn, {});
    const text = textOf(first);
    scribble(first);
    const second = await sample(conn, {});
    demand(
      textOf(second) === text,
      "What one caller does to a result shows in the next caller's: return what `cached` gives, or a copy.",
    );
  }),
  make(
    "store",
    "gives the same result through a shared store",
    ["query or read"],
    async ({ connect, sample, defer }) => {
      const store = new Map<string, string>();
      const scope = `store ${performance.now()}`;
      const useStore = (): void =>
        void configure({
          cache: {
            store,
          },
        });
      defer(() => configure({ cache: { store: undefined } as never }));
      useStore();
      const { conn, log } = await connect({ scope });
      const settings = await sample(conn, {});
      demand(log.loads > 0, "The sample call does not go through `cached`.");
      await eventually(
        () => [...store.keys()].some((key) => !key.startsWith("conn:generation:")),
        "The result cannot be put into a store: give plain data or a Table, and no instances of your own classes.",
      );
      // A new memory, as another process has it.
      useStore();
      demand(
        textOf(await sample(conn, {})) === textOf(settings),
        "The result changes on its way through a store.",
      );
    },
  ),
  make(
    "writes",
    "forgets its results when it writes",
    ["writes", "execute or write"],
    async ({ connect, subject, sample }) => {
      const { conn, log } = await connect();
      await sample(conn, {});
      await settled(Promise.resolve(subject.writes!(conn)), "the writing call");
      const loads = log.loads;
      await sample(conn, {});
      demand(
        log.loads > loads,
        "After a write the old result is served: call `this.dropCached()` once the write has succeeded.",
      );
    },
  ),
  make(
    "reset",
    "forgets its results at reset()",
    ["query or read"],
    async ({ connect, sample }) => {
      const { conn, log } = await connect();
      await sample(conn, {});
      await settled(conn.reset(), "reset()");
      await sample(conn, {});
      demand(
        log.loads === 2,
        "After reset() the old result is served: call super.reset() where you override it.",
      );
    },
  ),
];
