import { getEventListeners, once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { inspect } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { BaseConnection, can, configure, ConnError } from "../src/index.ts";
import { deferred, PetConnection } from "./support.ts";

const quick = { base: 0.001, cap: 0.005 };

describe("opening", () => {
  it("happens on first use and not before", async () => {
    const conn = new PetConnection();
    expect([conn.opens, conn.state]).toEqual([0, "idle"]);
    await conn.client();
    expect([conn.opens, conn.state]).toEqual([1, "open"]);
  });

  it("happens once for fifty callers at the same time", async () => {
    const conn = new PetConnection();
    const clients = await Promise.all(Array.from({ length: 50 }, () => conn.client()));
    expect(conn.opens).toBe(1);
    expect(new Set(clients).size).toBe(1);
  });

  it("is forgotten when it failed, so that the next call tries again", async () => {
    const conn = new PetConnection();
    conn.beforeOpen = async (attempt) => {
      if (attempt === 1) throw new Error("no such host");
    };
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => conn.client()));
    expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
    expect(conn.opens).toBe(1);
    await expect(conn.client()).resolves.toMatchObject({ id: 2 });
  });

  it("reports where it failed, with the cause kept", async () => {
    const conn = new PetConnection();
    const cause = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:5432"), {
      code: "EPROTO",
    });
    conn.beforeOpen = () => Promise.reject(cause);
    const error = await conn.read("fish").catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnError);
    expect(error).toMatchObject({ code: "CONN_OPEN", connection: "pet_db", cause });
    expect((error as Error).message).toContain(
      "pet_db could not be opened: connect ECONNREFUSED 127.0.0.1:5432",
    );
  });

  it("is repeated when the network refused it for now", async () => {
    configure({ retry: quick });
    const conn = new PetConnection();
    conn.beforeOpen = async (attempt) => {
      if (attempt < 3) throw Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
    };
    await expect(conn.read("fish")).resolves.toEqual({ pet: "fish" });
    expect(conn.opens).toBe(3);
  });

  it("gives up after openTimeout, and gives back a client that arrives late", async () => {
    configure({ openTimeout: 0.02 });
    const late = deferred();
    const conn = new PetConnection();
    conn.beforeOpen = () => late.promise;
    await expect(conn.client()).rejects.toMatchObject({ code: "CONN_TIMEOUT", operation: "open" });
    late.resolve();
    await expect.poll(() => conn.releases).toBe(1);
  });
});

describe("a source that cannot be reached", () => {
  it("is named with what the system said, even behind the words of fetch", async () => {
    configure({ retry: quick });
    const conn = new PetConnection();
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    conn.answer = () => fetch(`http://127.0.0.1:${port}/`);
    conn.lost = () => false;
    await expect(conn.write("fish")).rejects.toMatchObject({
      code: "CONN_OPEN",
      operation: "write",
      message: expect.stringMatching(/could not reach the source: fetch failed: .*ECONNREFUSED/),
    });
  });
});

describe("a lost connection", () => {
  it("is replaced, and a read is repeated without the caller noticing", async () => {
    configure({ retry: quick });
    const conn = new PetConnection();
    conn.answer = (pet, _signal, client) => {
      if (client.id === 1) throw new Error("gone");
      return pet;
    };
    await expect(conn.read("fish")).resolves.toBe("fish");
    expect(conn.opens).toBe(2);
    await expect.poll(() => conn.releases).toBe(1);
  });

  it("fails a write once, because nobody knows whether it took effect", async () => {
    const conn = new PetConnection();
    let sent = 0;
    conn.answer = () => {
      sent++;
      throw Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
    };
    conn.lost = () => true;
    await expect(conn.write("fish")).rejects.toMatchObject({ code: "CONN_LOST" });
    expect(sent).toBe(1);
    conn.answer = (pet) => pet;
    await expect(conn.write("fish")).resolves.toBe("fish");
    expect(conn.opens).toBe(2);
  });

  it("does not end other calls on the old client", async () => {
    const conn = new PetConnection();
    const slow = deferred<string>();
    conn.answer = (pet) => (pet === "cat" ? slow.promise : Promise.reject(new Error("gone")));
    const cat = conn.write("cat");
    await expect(conn.write("fish")).rejects.toThrow();
    expect(conn.releases).toBe(0);
    slow.resolve("cat");
    await expect(cat).resolves.toBe("cat");
    await expect.poll(() => conn.releases).toBe(1);
  });

  it("leaves no client behind, however many calls fail", async () => {
    configure({ retry: quick });
    const conn = new PetConnection();
    conn.answer = () => Promise.reject(new Error("gone"));
    for (let call = 0; call < 20; call++) await conn.write("fish").catch(() => {});
    await expect.poll(() => conn.opens - conn.releases).toBe(0);
  });
});

describe("reset and close", () => {
  it("reset lets running calls finish on the old client while new calls get a new one", async () => {
    const conn = new PetConnection();
    const slow = deferred<string>();
    conn.answer = (pet, _signal, client) =>
      pet === "cat" ? slow.promise : `${pet} on ${client.id}`;
    const running = conn.write("cat");
    await expect.poll(() => conn.state).toBe("open");
    const reset = conn.reset();
    await expect(conn.write("fish")).resolves.toBe("fish on 2");
    expect(conn.releases).toBe(0);
    slow.resolve("cat");
    await Promise.all([running, reset]);
    expect(conn.releases).toBe(1);
  });

  it("twenty callers after a reset open once", async () => {
    const conn = new PetConnection();
    await conn.client();
    await conn.reset();
    await Promise.all(Array.from({ length: 20 }, () => conn.client()));
    expect(conn.opens).toBe(2);
  });

  it("close ends calls that outlast the deadline, and releases the client", async () => {
    configure({ drainTimeout: 0.02 });
    const conn = new PetConnection();
    conn.answer = () => new Promise(() => {});
    const hanging = conn.write("cat");
    const outcome = expect(hanging).rejects.toMatchObject({ code: "CONN_ABORTED" });
    await expect.poll(() => conn.state).toBe("open");
    await conn.close();
    await outcome;
    expect(conn.releases).toBe(1);
  });

  it("close is final and idempotent", async () => {
    const conn = new PetConnection();
    await conn.client();
    await Promise.all([conn.close(), conn.close()]);
    await conn.close();
    expect([conn.releases, conn.state]).toEqual([1, "closed"]);
    for (const use of [conn.client(), conn.read("fish"), conn.write("fish"), conn.hold()]) {
      await expect(use).rejects.toMatchObject({
        code: "CONN_CLOSED",
        hint: expect.stringContaining('await connection("pet_db")'),
      });
    }
  });

  it("close during connect waits for the call that connects", async () => {
    const conn = new PetConnection();
    const opening = deferred();
    conn.beforeOpen = () => opening.promise;
    const reading = conn.read("fish");
    await expect.poll(() => conn.state).toBe("opening");
    const closing = conn.close();
    opening.resolve();
    await expect(reading).resolves.toEqual({ pet: "fish" });
    await closing;
    expect([conn.opens, conn.releases]).toEqual([1, 1]);
  });

  it("close before the first use opens nothing", async () => {
    const conn = new PetConnection();
    await conn.close();
    expect(conn.opens).toBe(0);
  });

  it("await using closes at the end of the block", async () => {
    const outer = new PetConnection();
    {
      await using conn = outer;
      await conn.client();
    }
    expect(outer.state).toBe("closed");
  });

  it("close does not wait for a task that threw at once", async () => {
    class HastyConnection extends PetConnection {
      fail(): Promise<never> {
        return this.run("fail", () => {
          throw new Error("at once");
        });
      }
    }
    const conn = new HastyConnection();
    await expect(conn.fail()).rejects.toMatchObject({ code: "CONN_QUERY" });
    configure({ drainTimeout: Infinity });
    await conn.close();
    expect(conn.releases).toBe(1);
  });

  it("a hundred calls at once make no warning", async () => {
    const warnings: unknown[] = [];
    const listener = (warning: unknown): void => void warnings.push(warning);
    process.on("warning", listener);
    const conn = new PetConnection();
    await Promise.all(Array.from({ length: 100 }, (_, call) => conn.write(`pet ${call}`)));
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off("warning", listener);
    expect(warnings).toEqual([]);
  });

  it("a lease holds the client open until it is released", async () => {
    const conn = new PetConnection();
    const lease = await conn.hold();
    const reset = conn.reset();
    await new Promise(setImmediate);
    expect([conn.releases, lease.client.alive]).toEqual([0, true]);
    lease.release();
    lease.release();
    await reset;
    expect(conn.releases).toBe(1);
  });
});

describe("cancelling", () => {
  it("rejects at once, and hands the signal on to the source", async () => {
    const conn = new PetConnection();
    const stopped = deferred();
    conn.answer = (_pet, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          stopped.resolve();
          reject(signal.reason as Error);
        });
      });
    const controller = new AbortController();
    const writing = conn.write("cat", { signal: controller.signal });
    await expect.poll(() => conn.state).toBe("open");
    controller.abort();
    await expect(writing).rejects.toMatchObject({ code: "CONN_ABORTED", operation: "write" });
    await expect(stopped.promise).resolves.toBeUndefined();
    conn.answer = (pet) => pet;
    await expect(conn.write("cat")).resolves.toBe("cat");
    expect(conn.opens).toBe(1);
  });

  it("refuses a signal that is aborted already without opening", async () => {
    const conn = new PetConnection();
    await expect(conn.read("cat", { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: "CONN_ABORTED",
    });
    expect(conn.opens).toBe(0);
  });

  it("leaves nothing on a signal that outlives the call", async () => {
    const conn = new PetConnection();
    const { signal } = new AbortController();
    for (const options of [{ ttl: 0 }, {}, { refresh: true }, { timeout: 5 }])
      await conn.read("cat", { ...options, signal });
    await conn.write("cat", { signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("a timeout is an error of its own code", async () => {
    const conn = new PetConnection();
    conn.answer = () => new Promise(() => {});
    await expect(conn.read("cat", { timeout: 0.02 })).rejects.toMatchObject({
      code: "CONN_TIMEOUT",
    });
    await expect(conn.read("cat", { ttl: 0, timeout: 0.02 })).rejects.toMatchObject({
      code: "CONN_TIMEOUT",
    });
  });
});

describe("check", () => {
  it("tells how each step went", async () => {
    const report = await new PetConnection().check();
    expect(report).toMatchObject({
      connection: "pet_db",
      type: "pets",
      ok: true,
      stages: [{ name: "open", ok: true }],
    });
  });

  it("stops at the first step that failed, and does not reject", async () => {
    const conn = new PetConnection();
    conn.beforeOpen = () => Promise.reject(new Error("no such host"));
    const report = await conn.check();
    expect(report).toMatchObject({
      ok: false,
      stages: [{ name: "open", ok: false, error: { code: "CONN_OPEN" } }],
    });
  });
});

describe("a call of several requests", () => {
  class ManyRequests extends PetConnection {
    requests = 0;
    fail: (request: number) => boolean = () => false;
    all(count: number): Promise<number> {
      const call = { method: "all", args: [count] };
      return this.cached(call, { ttl: 0 }, async (_client, signal) => {
        for (let index = 0; index < count; index++) {
          const request = async (): Promise<void> => {
            if (this.fail(++this.requests))
              throw Object.assign(new Error("busy"), { code: "ECONNREFUSED" });
          };
          await this.retried("all", request, signal);
        }
        return count;
      });
    }
  }

  it("repeats the one that failed, and not those before it", async () => {
    configure({ retry: quick });
    const conn = new ManyRequests();
    conn.fail = (request) => request === 4;
    expect(await conn.all(5)).toBe(5);
    expect(conn.requests).toBe(6);
  });

  it("is not repeated as a whole once a request gave up", async () => {
    configure({ retry: quick });
    const conn = new ManyRequests();
    conn.fail = (request) => request >= 4;
    await expect(conn.all(5)).rejects.toThrow("busy");
    expect(conn.requests).toBe(6);
  });
});

describe("members that do not exist", () => {
  const member = (conn: PetConnection, name: string) =>
    (conn as unknown as Record<string, (() => void) | undefined>)[name];

  it("a misspelt method says what was meant, when it is called", () => {
    const conn = new PetConnection();
    expect(() => member(conn, "raed")!()).toThrow(
      expect.objectContaining({
        code: "CONN_MEMBER",
        message: expect.stringContaining("Did you mean `read`?"),
      }),
    );
    expect(conn.opens).toBe(0);
  });

  it("a method of the open client says where it is", async () => {
    const conn = new PetConnection();
    expect(member(conn, "feed")).toBeUndefined();
    await conn.client();
    expect(() => member(conn, "feed")!()).toThrow(
      expect.objectContaining({ message: expect.stringContaining("(await conn.client()).feed(") }),
    );
  });

  it.each([
    "then",
    "toString",
    "href",
    "nodeType",
    "asymmetricMatch",
    "length",
    "Symbol",
    "$$typeof",
    "constructor",
  ])("a tool that probes for %s learns nothing new", (name) => {
    const plain = { name: "pet_db" } as unknown as Record<string, unknown>;
    const found = member(new PetConnection(), name);
    expect(typeof found).toBe(typeof plain[name]);
  });

  it("tools that look at the whole object behave", async () => {
    const conn = new PetConnection();
    expect(inspect(conn, { depth: Infinity, showHidden: true })).toContain(
      'PetConnection { name: "pet_db", state: "idle" }',
    );
    expect(JSON.stringify({ conn })).toBe(
      '{"conn":{"name":"pet_db","type":"pets","state":"idle"}}',
    );
    expect(await Promise.resolve(conn)).toBe(conn);
    expect("raed" in conn).toBe(false);
  });
});

it("can() tells what a connection offers, by its methods", () => {
  const conn: BaseConnection = new PetConnection();
  expect([can(conn, "read"), can(conn, "query"), can(conn, "stream")]).toEqual([
    true,
    false,
    false,
  ]);
});

afterEach(() => {
  configure({ openTimeout: 30, drainTimeout: 10, retry: {} });
});
