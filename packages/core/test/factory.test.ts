import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BaseConnection, closeAll, connection, register } from "../src/index.ts";
import { state } from "../src/state.ts";
import { anything, deferred, folder, PetConnection } from "./support.ts";

let home: string;

beforeEach(async () => {
  home = await folder({ "package.json": "{}", ".conn/secrets.toml": "" });
  vi.spyOn(process, "cwd").mockReturnValue(home);
  vi.stubEnv("HOME", home);
  register(PetConnection);
});

afterEach(async () => {
  await closeAll();
  state.registered.clear();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const secrets = async (text: string): Promise<void> => {
  await mkdir(join(home, ".conn"), { recursive: true });
  await writeFile(join(home, ".conn/secrets.toml"), text, { mode: 0o600 });
};

const settings = (conn: BaseConnection): unknown => Reflect.get(conn, "config");

describe("connection()", () => {
  it("takes the settings of its section, and opens nothing", async () => {
    await secrets('[connections.pet_db]\ntype = "pets"\nhost = "a"\n');
    const conn = await connection("pet_db");
    expect(conn).toBeInstanceOf(PetConnection);
    expect([(conn as PetConnection).opens, conn.name, settings(conn)]).toEqual([
      0,
      "pet_db",
      { host: "a" },
    ]);
  });

  it("takes the type from the argument first, then from the section, then from the name", async () => {
    class CatConnection extends PetConnection {
      static override readonly type = "cats";
    }
    register(CatConnection);
    await secrets('[connections.pet_db]\ntype = "pets"\n');
    expect((await connection("pet_db", { type: "cats" })).type).toBe("cats");
    expect((await connection("pet_db")).type).toBe("pets");
    expect((await connection("cats")).type).toBe("cats");
  });

  it("lets options.config win, table by table", async () => {
    await secrets(
      '[connections.pet_db]\nhost = "a"\n[connections.pet_db.tls]\nca = "x"\nverify = true\n',
    );
    const conn = await connection("pet_db", {
      type: PetConnection,
      config: { host: "b", tls: { ca: "y" } },
    });
    expect(settings(conn)).toEqual({ host: "b", tls: { ca: "y", verify: true } });
  });

  it("works without any section, by a class and its settings alone", async () => {
    const conn = await connection("elsewhere", { type: PetConnection, config: { host: "c" } });
    expect(settings(conn)).toEqual({ host: "c" });
  });

  it("takes its name from the environment by env:VAR", async () => {
    vi.stubEnv("PETS", "pet_db");
    expect((await connection("env:PETS", { type: "pets" })).name).toBe("pet_db");
    vi.stubEnv("PETS", undefined);
    await expect(connection("env:PETS")).rejects.toMatchObject({
      code: "CONN_NAME_UNKNOWN",
      hint: "Set it: export PETS=pet_db",
    });
  });

  it("says what exists when the name is unknown, and what was meant when it is near", async () => {
    await secrets('[connections.pet_db]\ntype = "pets"\n');
    await expect(connection("pet_bd")).rejects.toMatchObject({
      code: "CONN_NAME_UNKNOWN",
      hint: 'Did you mean "pet_db"?',
      message: expect.stringContaining("Sections: pet_db. Installed types: pets"),
    });
    await secrets("[connections.typeless]\nhost = 'a'\n");
    await expect(connection("other_thing")).rejects.toMatchObject({ code: "CONN_NAME_UNKNOWN" });
  });

  it("says how to add a missing type", async () => {
    await secrets('[connections.pet_db]\nhost = "a"\n');
    await expect(connection("pet_db")).rejects.toMatchObject({
      code: "CONN_NAME_UNKNOWN",
      hint: expect.stringContaining('Add type = "pets" to the section'),
    });
    await secrets("[connections.pet_db]\ntype = 3\n");
    await closeAll();
    await expect(connection("pet_db")).rejects.toMatchObject({ code: "CONN_CONFIG" });
  });

  it.each([
    ["empty", ""],
    ["with NUL", "a\u0000b"],
    ["with a newline", "a\nb"],
    ["with an escape sequence", "a\u001b[2J"],
    ["with a right-to-left override", "a\u202eb"],
    ["of 10,000 characters", "x".repeat(10_000)],
  ])("refuses a name that is %s", async (_what, name) => {
    await expect(connection(name, { type: PetConnection })).rejects.toMatchObject({
      code: "CONN_NAME_INVALID",
    });
  });

  it.each(["constructor", "toString", "hasOwnProperty", "valueOf"])(
    "finds no section in Object.prototype for %j",
    async (name) => {
      await expect(connection(name)).rejects.toMatchObject({ code: "CONN_NAME_UNKNOWN" });
    },
  );

  it("refuses a ttl that is no duration", async () => {
    await expect(connection("pet_db", { type: "pets", ttl: "600" as never })).rejects.toMatchObject(
      { code: "CONN_ARGUMENT" },
    );
  });
});

describe("instances", () => {
  it("are shared by equal calls, whatever the order of their settings", async () => {
    const first = await connection("pet_db", { type: PetConnection, config: { a: 1, b: 2 } });
    const second = await connection("pet_db", { config: { b: 2, a: 1 }, type: PetConnection });
    expect(second).toBe(first);
  });

  it("are one for fifty callers at the same time", async () => {
    const found = await Promise.all(
      Array.from({ length: 50 }, () => connection("pet_db", { type: "pets" })),
    );
    expect(new Set(found).size).toBe(1);
  });

  it("differ by class, even where two classes have one name", async () => {
    const make = () => {
      class SameConnection extends PetConnection {}
      return SameConnection;
    };
    const [One, Two] = [make(), make()];
    const conns = [
      await connection("pet_db", { type: One }),
      await connection("pet_db", { type: Two }),
    ];
    expect(conns[0]).toBeInstanceOf(One);
    expect(conns[1]).toBeInstanceOf(Two);
  });

  it("differ by name, by scope and by settings", async () => {
    const conns = await Promise.all([
      connection("pet_db", { type: PetConnection }),
      connection("pet_db2", { type: PetConnection }),
      connection("pet_db", { type: PetConnection, scope: "jerry" }),
      connection("pet_db", { type: PetConnection, scope: "barbara" }),
      connection("pet_db", { type: PetConnection, config: { a: 1 } }),
    ]);
    expect(new Set(conns).size).toBe(5);
  });

  it("are made anew after close()", async () => {
    const first = await connection("pet_db", { type: "pets" });
    await first.close();
    const second = await connection("pet_db", { type: "pets" });
    expect(second).not.toBe(first);
    expect(second.state).toBe("idle");
  });

  it("are forgotten once closed", async () => {
    for (let user = 0; user < 3; user++) {
      const conn = await connection("pet_db", { type: "pets", scope: user });
      await conn.close();
    }
    expect(state.instances.size).toBe(0);
  });

  it("beyond maxEntries go, least recently asked for first, and never under a running call", async () => {
    const open = (scope: string) =>
      connection("pet_db", { type: PetConnection, scope, maxEntries: 2 });
    const jerry = await open("jerry");
    const slow = deferred<string>();
    jerry.answer = () => slow.promise;
    const running = jerry.write("fish");
    await expect.poll(() => jerry.state).toBe("open");
    const barbara = await open("barbara");
    await open("alex");
    expect(await open("barbara")).toBe(barbara);
    expect(jerry.releases).toBe(0);
    slow.resolve("fish");
    await expect(running).resolves.toBe("fish");
    await expect.poll(() => jerry.releases).toBe(1);
    // Whoever still holds it may go on: it opens again.
    jerry.answer = (pet) => pet;
    await expect(jerry.write("cat")).resolves.toBe("cat");
    expect(await open("jerry")).not.toBe(jerry);
    await closeAll();
    expect([jerry.state, jerry.releases]).toEqual(["closed", 2]);
  });

  it("end with their ttl", async () => {
    const first = await connection("pet_db", { type: "pets", ttl: 0.01 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await connection("pet_db", { type: "pets", ttl: 0.01 })).not.toBe(first);
  });

  it("survive a hot reload: fifty fresh copies of the module find the same one", async () => {
    const first = await connection("pet_db", { type: PetConnection });
    for (let copy = 0; copy < 50; copy++) {
      vi.resetModules();
      const reloaded = await import("../src/index.ts");
      expect(reloaded.connection).not.toBe(connection);
      expect(await reloaded.connection("pet_db", { type: PetConnection as never })).toBe(first);
    }
  });
});

describe("when the secrets file changes", () => {
  it("the connection drains, opens again with the new settings, and serves nothing of the old source", async () => {
    await secrets('[connections.pet_db]\ntype = "pets"\nhost = "a"\n');
    const conn = (await connection("pet_db")) as PetConnection;
    conn.answer = () => (settings(conn) as { host: string }).host;
    expect(await conn.read("fish")).toBe("a");
    await secrets('[connections.pet_db]\ntype = "pets"\nhost = "b"\n');
    await expect.poll(() => settings(conn), { timeout: 5000 }).toEqual({ host: "b" });
    expect(await conn.read("fish")).toBe("b");
    expect([conn.opens, conn.releases]).toEqual([2, 1]);
    expect(await connection("pet_db")).toBe(conn);
  });

  it("settings that do not fit keep the last good ones, with a warning", async () => {
    class StrictConnection extends PetConnection {
      static override readonly type = "strict";
      static override readonly config = {
        "~standard": {
          ...anything["~standard"],
          validate: (value: unknown) =>
            "host" in (value as object)
              ? { value: value as Record<string, unknown> }
              : { issues: [{ message: "no", path: ["host"] }] },
        },
      };
    }
    register(StrictConnection);
    const warnings: string[] = [];
    vi.spyOn(process, "emitWarning").mockImplementation(
      (warning) => void warnings.push(String(warning)),
    );
    await secrets('[connections.pet_db]\ntype = "strict"\nhost = "a"\n');
    const conn = (await connection("pet_db")) as PetConnection;
    await conn.client();
    await secrets('[connections.pet_db]\ntype = "strict"\nhots = "b"\n');
    await expect
      .poll(() => warnings.join(), { timeout: 5000 })
      .toContain("pet_db goes on with its last good settings");
    expect([settings(conn), conn.state]).toEqual([{ host: "a" }, "open"]);
  });
});

it("closeAll closes every connection", async () => {
  const conns = [
    await connection("one", { type: PetConnection }),
    await connection("two", { type: PetConnection }),
  ];
  await Promise.all(conns.map((conn) => conn.client()));
  await closeAll();
  expect(conns.map((conn) => [conn.state, conn.releases])).toEqual([
    ["closed", 1],
    ["closed", 1],
  ]);
});
