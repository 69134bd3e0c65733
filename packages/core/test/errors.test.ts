import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ConnError } from "../src/index.ts";
import { run } from "./script.ts";

describe("an error", () => {
  it("says what happened, where, and what to do next, in its message", () => {
    const error = new ConnError("CONN_CONFIG", "The settings of pet_db do not fit:", {
      problems: [
        {
          message: "unknown setting `ulr`",
          location: { file: "secrets.toml", line: 2, column: 1 },
          hint: "Did you mean `url`?",
        },
      ],
      location: { file: "secrets.toml", line: 1 },
      hint: "Mend the section.",
    });
    expect(error.message).toBe(
      "The settings of pet_db do not fit:\n  - unknown setting `ulr` (secrets.toml:2:1). Did you mean `url`?\n  at secrets.toml:1\n  Mend the section.",
    );
  });

  it("prints its message once, and what is not known not at all", () => {
    const text = inspect(
      new ConnError("CONN_OPEN", "no host", { hint: "Start the server.", connection: "pet_db" }),
    );
    expect(text.match(/Start the server/g)).toHaveLength(1);
    expect(text).not.toContain("undefined");
    expect(text).toContain("code: 'CONN_OPEN'");
  });

  it("is recognised across copies of the package, and nothing else is", async () => {
    const brand = Symbol.for("@conn/core/error");
    const foreign = Object.defineProperty(new Error("of another copy"), brand, { value: true });
    expect(foreign instanceof ConnError).toBe(true);
    for (const other of [
      new Error("plain"),
      { code: "CONN_OPEN" },
      null,
      undefined,
      "text",
      () => {},
    ]) {
      expect(other instanceof ConnError).toBe(false);
    }
  });

  const attacks = [
    "\u001b[2J",
    "\u001b]0;title\u0007",
    "\u001b]8;;http://a\u0007",
    "\u001b]52;c;eA==\u0007",
    "\u009b2J",
    "a\rb",
    "\b",
    "\u0007",
    "\u202e",
    "\u200b",
  ];

  it.each(attacks)("does not let a server's text %j reach the terminal", (attack) => {
    const cause = new Error(`server said ${attack}`, { cause: new Error(attack) });
    const error = new ConnError("CONN_QUERY", `failed: ${attack}`, { cause, hint: attack });
    const visible = /^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b\u202e]*$/;
    expect(error.message).toMatch(visible);
    expect(inspect(error)).toMatch(visible);
    expect(inspect(error, { colors: true }).replaceAll(/\u001b\[\d+m/g, "")).toMatch(visible);
    expect(error.cause).toBeInstanceOf(Error);
    expect(cause.message).toBe(`server said ${attack}`);
  });

  it("keeps a harmless cause as it is", () => {
    const cause = new TypeError("no such table: pets\n  in line 2");
    expect(new ConnError("CONN_QUERY", "failed", { cause }).cause).toBe(cause);
  });

  it("nor when nobody catches it", async () => {
    const { stderr } = await run(`
      import { ConnError } from "@conn/core";
      throw new ConnError("CONN_QUERY", "failed", { cause: new Error("server said \\u001b[2J") });
    `);
    expect(stderr).toContain("server said \\x1b[2J");
    expect(stderr).not.toContain("\u001b");
  });
});
