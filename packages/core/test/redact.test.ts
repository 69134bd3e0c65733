import { Console } from "node:console";
import { Writable } from "node:stream";
import { createContext, runInContext } from "node:vm";
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConnError } from "../src/errors.ts";
import { redact, redactingTransform, redactText, registerSecret } from "../src/redact.ts";
import { secretsOf } from "../src/redact/secrets-of.ts";
import { seed } from "./secrets-support.ts";

const mask = "[redacted]";
const canary = `c4n/ry+"quo'ted" <tag> & (ünï) $^.*[\\`;
registerSecret(canary);

/** Everything that printing at infinite depth with hidden members shows. */
function shown(value: unknown): string {
  return inspect(value, {
    depth: Infinity,
    showHidden: true,
    maxStringLength: Infinity,
    maxArrayLength: Infinity,
  });
}

/** What of a secret a text shows, in any spelling of it. */
const inspected = inspect(canary).slice(1, -1);
function leaks(text: string): boolean {
  return [canary, inspected, JSON.stringify(canary).slice(1, -1), encodeURIComponent(canary)].some(
    (form) => text.includes(form),
  );
}

describe("redactText", () => {
  it.each<[string, (secret: string) => string]>([
    ["itself", (secret) => secret],
    ["encodeURIComponent", encodeURIComponent],
    ["encodeURI", encodeURI],
    [
      "lower-case percent codes",
      (secret) => encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase()),
    ],
    ["a form's encoding", (secret) => new URLSearchParams({ a: secret }).toString().slice(2)],
    [
      "a URL's own encoding",
      (secret) => Object.assign(new URL("http://h"), { password: secret }).password,
    ],
    ["base64", (secret) => Buffer.from(secret).toString("base64").replace(/=+$/, "")],
    ["base64url", (secret) => Buffer.from(secret).toString("base64url")],
    ["hex", (secret) => Buffer.from(secret).toString("hex")],
    ["JSON", (secret) => JSON.stringify(secret).slice(1, -1)],
    [
      "JSON in ASCII",
      (secret) =>
        JSON.stringify(secret)
          .slice(1, -1)
          .replace(/[^ -~]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
    ],
    ["inspect", (secret) => inspect(secret).slice(1, -1)],
    [
      "HTML",
      (secret) =>
        secret
          .replaceAll("&", "&amp;")
          .replaceAll("<", "&lt;")
          .replaceAll(">", "&gt;")
          .replaceAll('"', "&quot;")
          .replaceAll("'", "&#39;"),
    ],
    [
      "HTML text",
      (secret) => secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
    ],
  ])("masks a secret written as %s", (_, write) => {
    expect(redactText(`before ${write(canary)} after`)).toBe(`before ${mask} after`);
  });

  it.each(["", "a", "ab", "abc"])(
    "masks a password in a login header, wherever base64's groups begin (user %j)",
    (user) => {
      const header = Buffer.from(`${user}:${canary}`).toString("base64");
      const text = redactText(`Authorization: Basic ${header}`);
      expect(text).toContain(mask);
      expect(text.length).toBeLessThan(`Authorization: Basic ${mask}`.length + 10);
    },
  );

  it.each([
    "true",
    "false",
    "null",
    "postgres",
    "Postgres",
    "localhost",
    "root",
    "5432",
    "2024",
    "abc",
    "",
    "   ",
    "password",
  ])("leaves %j alone, though somebody calls it secret", (word) => {
    registerSecret(word);
    expect(redactText(`x ${word} y`)).toBe(`x ${word} y`);
  });

  it("masks the longest of overlapping secrets, and joins those that touch", () => {
    for (const secret of ["zyxw", "zyxwv-long", "v-longer"]) registerSecret(secret);
    expect(redactText("1 zyxw 2 zyxwv-long 3 zyxwv-longer 4 zyxwzyxw 5")).toBe(
      `1 ${mask} 2 ${mask} 3 ${mask} 4 ${mask} 5`,
    );
  });

  it("masks each line of a private key, and its JSON form", () => {
    const lines = [
      "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw",
      "ggSjAgEAAoIBAQC7VJTUt9Us8cKjMzEfYyjiWA4R4",
      "4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNb==",
    ];
    const pem = `-----BEGIN PRIVATE KEY-----\r\n${lines.join("\r\n")}\r\n-----END PRIVATE KEY-----\r\n`;
    registerSecret(pem);
    for (const line of lines) {
      expect(redactText(`unexpected token at ${line}!`)).toBe(`unexpected token at ${mask}!`);
      expect(redactText(encodeURIComponent(line))).toBe(mask);
    }
    expect(redactText(JSON.stringify(pem.trim()))).toBe(`"${mask}"`);
    expect(redactText("begins with -----BEGIN PRIVATE KEY-----")).toBe(
      "begins with -----BEGIN PRIVATE KEY-----",
    );
  });

  it("masks the key inside a service account's file, as the driver sees it", () => {
    registerSecret(
      JSON.stringify(
        {
          type: "service_account",
          private_key: "-----BEGIN-----\nQUJDREVGR0hJSktMTU5PUA\n-----END-----\n",
        },
        null,
        2,
      ),
    );
    expect(redactText("bad key: QUJDREVGR0hJSktMTU5PUA")).toBe(`bad key: ${mask}`);
    expect(redactText("service_account")).toBe("service_account");
  });

  it("masks a secret of many kilobytes as one", () => {
    const long = Array.from({ length: 1500 }, (_, index) => `k${index * 7919}`).join("-");
    registerSecret(long);
    expect(redactText(`<${long}>`)).toBe(`<${mask}>`);
  });

  it("takes a megabyte that resembles a secret everywhere in one pass", () => {
    registerSecret(`${"ab".repeat(2000)}!`);
    const text = "ab".repeat(500_000);
    expect(redactText(text)).toBe(text);
    expect(redactText(`${text}!`)).toBe(`${text.slice(4000)}${mask}`);
  });

  it("never shows a registered secret, whatever stands around it", () => {
    const text = fc.string({ unit: "binary", minLength: 6, maxLength: 30 });
    const secret = text.filter((value) => !/^\s*$|^\d+$/.test(value) && !mask.includes(value));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(secret, text, text), { minLength: 20, maxLength: 20 }),
        (cases) => {
          for (const [value] of cases) registerSecret(value);
          return cases.every(
            ([value, before, after]) => !redactText(before + value + after).includes(value),
          );
        },
      ),
      { seed, numRuns: 10 },
    );
  });

  it("forgets the oldest of very many secrets, and never the newest", () => {
    for (let index = 0; index < 3000; index++)
      registerSecret(`rotating-token-${index * 104_729}-${"x".repeat(20)}`);
    const newest = `rotating-token-${2999 * 104_729}-${"x".repeat(20)}`;
    expect(redactText(newest)).toBe(mask);
    registerSecret(canary);
    expect(redactText(canary)).toBe(mask);
  });
});

describe("redact", () => {
  it("returns what holds no secret as it is", () => {
    const value = {
      a: [1, "two", null, undefined, true, 3n],
      when: new Date(0),
      map: new Map([["k", new Set([1])]]),
      error: new Error("fine"),
    };
    expect(redact(value)).toBe(value);
    const error = new TypeError("fine");
    expect(redact(error)).toBe(error);
  });

  it("masks an error's message, stack, cause, parts, properties, symbols and keys, and leaves the original as it was", () => {
    const cause = Object.assign(new RangeError(`inner ${canary}`), { errno: 7 });
    const error = new AggregateError([new TypeError(`part ${canary}`), canary], `outer ${canary}`, {
      cause,
    });
    Object.assign(error, {
      code: "E_PET",
      config: { auth: { password: canary } },
      options: [canary],
      parameters: [canary, 1, Buffer.from(`bytes ${canary}`)],
      input: canary,
      [`key ${canary}`]: 1,
      [Symbol("symbol")]: canary,
      [Symbol(`named ${canary}`)]: 2,
    });
    Object.defineProperty(error, "hidden", { value: canary, enumerable: false });
    const safe = redact(error);

    expect(leaks(shown(safe))).toBe(false);
    expect(leaks(JSON.stringify(safe))).toBe(false);
    expect(`${String(safe)} ${safe.stack}`).not.toContain(canary);
    expect(safe).toBeInstanceOf(AggregateError);
    expect(safe.cause).toBeInstanceOf(RangeError);
    expect(safe).toMatchObject({
      code: "E_PET",
      message: `outer ${mask}`,
      cause: { errno: 7, message: `inner ${mask}` },
    });
    expect(safe.errors[0]).toBeInstanceOf(TypeError);
    expect(safe.stack).toMatch(/redact\.test\.ts/);
    expect(error.message).toBe(`outer ${canary}`);
    expect(error.cause).toBe(cause);
  });

  it("masks the platform's own errors, and those of libraries older than classes", () => {
    const platform = redact(new DOMException(`gone ${canary}`, "TimeoutError"));
    expect(platform).toBeInstanceOf(DOMException);
    expect(platform).toMatchObject({ name: "TimeoutError", message: `gone ${mask}` });
    const old = Object.create(TypeError.prototype, {
      message: { value: canary },
      options: { value: { canary }, enumerable: true },
    }) as Error;
    expect(redact(old)).toBeInstanceOf(TypeError);
    expect(redact(old)).toMatchObject({ message: mask, options: { canary: mask } });
    for (const error of [platform, redact(old)]) expect(leaks(shown(error))).toBe(false);
  });

  it("leaves nothing for console.table or a template to show", () => {
    let out = "";
    const sink = new Writable({ write: (chunk, _, done) => ((out += String(chunk)), done()) });
    const safe = redact([{ user: "jerry", password: canary }, new Error(canary)]);
    new Console(sink).table(safe);
    expect(out).toContain("jerry");
    expect(leaks(`${out} ${(safe[1] as Error).stack}`)).toBe(false);
  });

  it("masks the input of the error that a wrong URL gives", () => {
    let thrown: unknown;
    try {
      void new URL(`http://user:${canary}@h:port/`);
    } catch (error) {
      thrown = error;
    }
    const safe = redact(thrown);
    expect(leaks(shown(safe))).toBe(false);
    expect(safe).toBeInstanceOf(TypeError);
    expect(safe).toMatchObject({ code: "ERR_INVALID_URL" });
  });

  it("lets no ConnError show a secret, in its problems and causes neither", () => {
    const error = new ConnError("CONN_CONFIG", `wrong ${canary}`, {
      hint: `try ${canary}`,
      connection: canary,
      problems: [
        { message: canary, hint: canary, path: canary, location: { file: canary, line: 1 } },
      ],
      cause: new Error("driver", {
        cause: { config: { url: `mysql://u:${encodeURIComponent(canary)}@h` } },
      }),
    });
    for (const text of [
      shown(error),
      JSON.stringify(error),
      `${error}`,
      error.stack ?? "",
      error.hint ?? "",
    ])
      expect(leaks(text)).toBe(false);
    expect(error.message).toContain(mask);
  });

  it("replaces a client, a socket or a URL that holds a secret by its class's name, and walks into none", () => {
    class Client {
      readonly config = { password: canary };
      get live(): never {
        throw new Error("a getter of a live object was called");
      }
    }
    class Quiet {
      readonly id = 7;
    }
    const quiet = new Quiet();
    const url = new URL("mysql://h/db");
    url.password = canary;
    const error = Object.assign(new Error("refused"), { connection: new Client(), url, quiet });
    expect(redact(error)).toMatchObject({ connection: "[Client]", url: "[URL]", quiet });
    expect(redact(error).quiet).toBe(quiet);
  });

  it("survives cycles, revoked proxies, throwing getters and very deep nesting", () => {
    const cycle: Record<string, unknown> = { canary };
    cycle["self"] = cycle;
    cycle["list"] = [cycle, new Map([[cycle, cycle]])];
    const masked = redact(cycle);
    expect(masked["self"]).toBe(masked);
    expect(leaks(shown(masked))).toBe(false);

    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const odd = {
      canary,
      proxy,
      get bad(): string {
        throw new Error("no");
      },
    };
    expect(leaks(shown(redact(odd)))).toBe(false);

    let deep: unknown = canary;
    for (let level = 0; level < 20_000; level++) deep = { deep };
    expect(leaks(JSON.stringify(redact(deep)))).toBe(false);
    let chain = new Error(canary);
    for (let level = 0; level < 20_000; level++) chain = new Error("outer", { cause: chain });
    expect(leaks(shown(redact(chain)))).toBe(false);
  });

  it("masks bytes in UTF-8 and UTF-16, maps, sets, numbers, symbols and objects of another realm", () => {
    registerSecret("987654321012");
    const foreign = runInContext(
      "({ list: [secret], error: new Error(secret) })",
      createContext({ secret: canary }),
    ) as { error: Error };
    const value = {
      utf8: Buffer.from(`a${canary}`),
      array: new TextEncoder().encode(canary),
      utf16: Buffer.from(`a${canary}`, "utf16le"),
      map: new Map([[canary, new Set([canary])]]),
      number: 987654321012,
      bigint: 987654321012n,
      symbol: Symbol(canary),
      date: new Date(0),
      foreign,
    };
    const safe = redact(value);
    expect(safe.utf8.toString()).toBe(`a${mask}`);
    expect(new TextDecoder().decode(safe.array)).toBe(mask);
    expect(safe.utf16.toString("utf16le")).not.toContain(canary);
    expect(safe.map).toEqual(new Map([[mask, new Set([mask])]]));
    expect(safe).toMatchObject({
      number: mask,
      bigint: mask,
      date: value.date,
      foreign: { list: [mask] },
    });
    expect(String(safe.symbol)).toBe(`Symbol(${mask})`);
    expect(safe.foreign.error.message).toBe(mask);
    expect(leaks(shown(safe))).toBe(false);
  });
});

describe("redactingTransform", () => {
  async function through(chunks: readonly string[]): Promise<string> {
    const out: string[] = [];
    await new ReadableStream<string>({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk);
        controller.close();
      },
    })
      .pipeThrough(redactingTransform())
      .pipeTo(new WritableStream({ write: (chunk) => void out.push(chunk) }));
    return out.join("");
  }

  it("masks a secret that is cut at any place", async () => {
    const text = `x ${canary} y`;
    for (let cut = 0; cut <= text.length; cut++) {
      expect(await through([text.slice(0, cut), text.slice(cut)])).toBe(`x ${mask} y`);
    }
    expect(await through(text.split(""))).toBe(`x ${mask} y`);
  });

  it("gives what masking the whole text gives, for any chunks", async () => {
    for (const secret of ["abab", "babb", "abcabc", "aaaa"]) registerSecret(secret);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 7 }), {
          maxLength: 8,
        }),
        async (chunks) => {
          expect(await through(chunks)).toBe(redactText(chunks.join("")));
        },
      ),
      { seed, numRuns: 500 },
    );
  });

  it("holds no more back than a secret's length", async () => {
    const reader = new ReadableStream<string>({
      start(controller) {
        controller.enqueue(`plain ${canary.slice(0, 5)}`);
      },
    })
      .pipeThrough(redactingTransform())
      .getReader();
    expect((await reader.read()).value).toBe("plain ");
  });
});

describe("secretsOf", () => {
  it.each<[string, string[]]>([
    ["mysql://scott:tiger@192.168.0.134/pet_db", ["tiger"]],
    ["postgres://u:p%40ss%2F@h/db", ["p%40ss%2F", "p@ss/"]],
    ["postgres://u:p@s:s/w#o%rd? x@h:5432/db", ["p@s:s/w#o%rd? x"]],
    ["https://h/?access_token=abc%2Fd&page=2", ["abc%2Fd", "abc/d"]],
    ["Server=h;User Id=sa;Password=a b c;Encrypt=true", ["a b c", "a"]],
    [
      "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=QUJD==;EndpointSuffix=core",
      ["QUJD=="],
    ],
    ["host=h password=hunter2 dbname=x", ["hunter2 dbname=x", "hunter2"]],
    ["sqlite:///pets.db", []],
    ["mysql://scott@h/db?user=a@b", []],
    ["just a text", []],
  ])("finds in %s", (value, expected) => {
    expect(secretsOf(value)).toEqual(expected);
  });
});
