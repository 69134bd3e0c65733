import { describe, expect, it } from "vitest";
import { configure } from "../src/index.ts";
import { state } from "../src/state.ts";
import { PetConnection } from "./support.ts";

describe("configure", () => {
  it("adds to earlier settings, and gives back a way to restore them", () => {
    const restoreAll = configure({ openTimeout: 5 });
    const before = state.settings;
    const restore = configure({ openTimeout: 1, drainTimeout: "2s" });
    expect(state.settings).toMatchObject({ openTimeout: 1, drainTimeout: "2s" });
    restore();
    expect(state.settings).toBe(before);
    expect(state.settings).toMatchObject({ openTimeout: 5 });
    restoreAll();
  });

  it("restores the cache with what it held", async () => {
    const conn = new PetConnection();
    await conn.read("fish");
    const restore = configure({ cache: { ttl: "1h" } });
    await conn.read("fish");
    expect(conn.loads).toBe(2);
    restore();
    await conn.read("fish");
    expect(conn.loads).toBe(2);
  });

  it("restores no result that a write made old meanwhile", async () => {
    const conn = new PetConnection();
    await conn.read("fish");
    const restore = configure({ cache: { ttl: "1h" } });
    await conn.write("fish");
    restore();
    conn.answer = () => "new";
    expect(await conn.read("fish")).toBe("new");
  });

  it("changes nothing where a value does not fit", () => {
    const before = { ...state };
    expect(() => configure({ openTimeout: 1, drainTimeout: -1 })).toThrow(
      expect.objectContaining({ code: "CONN_ARGUMENT" }),
    );
    expect(() => configure({ openTimeout: 1, cache: { ttl: -1 } })).toThrow(
      expect.objectContaining({ code: "CONN_ARGUMENT" }),
    );
    expect(state).toEqual(before);
    expect(state.settings).toBe(before.settings);
  });
});
