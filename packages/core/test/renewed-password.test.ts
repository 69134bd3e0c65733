import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { BaseConnection, closeAll, ConnError, connection, register } from "../src/index.ts";
import { state } from "../src/state.ts";
import { anything, folder } from "./support.ts";

/** What the source takes for the password, and how often it was asked. */
const source = { password: "first", logins: 0, calls: 0 };

/** A source whose pool logs in again now and then, as at each call here. */
class GateConnection extends BaseConnection<{ password: unknown }, { password?: unknown }> {
  static readonly type: string = "gate";
  static readonly config = anything;

  protected async open({ password }: { password?: unknown }): Promise<{ password: unknown }> {
    login(password);
    return { password };
  }

  pet(): Promise<string> {
    return this.run("pet", async ({ password }) => {
      login(password);
      source.calls++;
      return "Whiskers";
    });
  }
}

function login(password: unknown): void {
  source.logins++;
  if (password !== source.password)
    throw new ConnError("CONN_AUTH", "The password is wrong.", { connection: "gate" });
}

let home: string;

beforeEach(async () => {
  home = await folder({ "package.json": "{}", password: "first" });
  vi.spyOn(process, "cwd").mockReturnValue(home);
  vi.stubEnv("HOME", home);
  register(GateConnection);
  Object.assign(source, { password: "first", logins: 0, calls: 0 });
});

afterEach(async () => {
  await closeAll();
  state.registered.clear();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** A command leaves no trace that could be watched. */
async function gate(): Promise<GateConnection> {
  const print = `process.stdout.write(require("fs").readFileSync(${JSON.stringify(join(home, "password"))}))`;
  const command = JSON.stringify([process.execPath, "-e", print]);
  await mkdir(join(home, ".conn"), { recursive: true });
  const text = `[connections.gate]\npassword = { cmd = ${command} }\n`;
  await writeFile(join(home, ".conn/secrets.toml"), text, { mode: 0o600 });
  return connection("gate", { type: GateConnection });
}

async function rotate(password: string): Promise<void> {
  source.password = password;
  await writeFile(join(home, "password"), password);
}

describe("a password that was replaced", () => {
  it("is read again when the first login is refused", async () => {
    const conn = await gate();
    await rotate("second");
    expect(await conn.pet()).toBe("Whiskers");
    expect(source).toMatchObject({ logins: 3, calls: 1 });
  });

  it("is read again when an open connection is refused, for a call that may not be sent twice", async () => {
    const conn = await gate();
    await conn.pet();
    await rotate("second");
    expect(await conn.pet()).toBe("Whiskers");
    expect(source.calls).toBe(2);
  });

  it("is read once for many callers", async () => {
    const conn = await gate();
    await conn.pet();
    const renew = vi.spyOn(state.secrets!, "renew");
    await rotate("second");
    const pets = await Promise.all(Array.from({ length: 20 }, () => conn.pet()));
    expect(pets).toEqual(Array.from({ length: 20 }, () => "Whiskers"));
    expect(renew).toHaveBeenCalledTimes(1);
  });

  it("that is the same as before is not tried again", async () => {
    const conn = await gate();
    source.password = "second";
    await expect(conn.pet()).rejects.toMatchObject({ code: "CONN_AUTH" });
    expect(source.logins).toBe(1);
  });

  it("is tried once, and not again when that is refused too", async () => {
    const conn = await gate();
    await rotate("second");
    source.password = "third";
    await expect(conn.pet()).rejects.toMatchObject({ code: "CONN_AUTH" });
    expect(source.logins).toBe(2);
  });

  it("whose command now fails leaves the refusal as it is", async () => {
    const conn = await gate();
    source.password = "second";
    await writeFile(join(home, "password"), "");
    await expect(conn.pet()).rejects.toMatchObject({ code: "CONN_AUTH" });
    expect(source.logins).toBe(1);
  });
});
