import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, it, onTestFinished } from "vitest";
import { configure, type ConnEvent, type ConnEventKind, counters } from "../src/index.ts";
import { PetConnection } from "./support.ts";

function listen(): ConnEvent[] {
  const events: ConnEvent[] = [];
  const listener = (event: unknown): void => void events.push(event as ConnEvent);
  for (const kind of Object.keys(counters())) {
    subscribe(`conn:${kind}`, listener);
    onTestFinished(() => void unsubscribe(`conn:${kind}`, listener));
  }
  return events;
}

describe("what happens inside", () => {
  it("can be heard on diagnostics channels, in order", async () => {
    const events = listen();
    const conn = new PetConnection();
    await conn.read("fish");
    await conn.read("fish");
    await conn.close();
    expect(events).toMatchObject([
      { kind: "open", connection: "pet_db", type: "pets", ms: expect.any(Number) },
      { kind: "load", connection: "pet_db", operation: "read", ms: expect.any(Number) },
      { kind: "hit", operation: "read", age: expect.any(Number), stale: false, tier: "memory" },
      { kind: "release", connection: "pet_db" },
    ]);
  });

  it("is counted, failures and repeats too", async () => {
    onTestFinished(configure({ retry: { base: 0.001, cap: 0.002 } }));
    const before = counters();
    const events = listen();
    const conn = new PetConnection();
    conn.answer = () => Promise.reject(new Error("gone"));
    await expect(conn.read("fish")).rejects.toMatchObject({ code: "CONN_QUERY" });
    const after = counters();
    const grown = (kind: ConnEventKind): number => after[kind] - before[kind];
    expect([grown("retry"), grown("failure"), grown("open"), grown("load")]).toEqual([2, 1, 3, 0]);
    expect(events.filter(({ kind }) => kind === "retry")).toMatchObject([
      { attempt: 1, wait: expect.any(Number) },
      { attempt: 2, wait: expect.any(Number) },
    ]);
  });

  it("never carries an argument or a setting", async () => {
    const events = listen();
    const conn = new PetConnection({ config: { password: "tiger-in-an-event" } });
    await conn.read("fish-in-an-event");
    await conn.close();
    expect(JSON.stringify(events)).not.toMatch(/in-an-event/);
  });
});
