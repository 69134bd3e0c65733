import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ConnError } from "../src/errors.ts";
import { redact, redactText, registerSecret } from "../src/redact.ts";
import { PetConnection } from "./support.ts";

const mask = "[redacted]";
const canary = 'canary-4711-quo"ted\\and/slashed';
const plain = "canary4712plain";
for (const secret of [canary, plain]) registerSecret(secret);

/** All that printers, spreading and looping show of a value, inherited properties included. */
function shown(value: unknown, depth = 0): string {
  const parts = [
    inspect(value, { depth: Infinity, showHidden: true }),
    inspect(value),
    String(value),
  ];
  try {
    parts.push(JSON.stringify(value) ?? "");
  } catch {}
  if (typeof value === "object" && value !== null && depth < 4) {
    for (let level: object | null = value; level; level = Object.getPrototypeOf(level) as object) {
      if (typeof level.constructor === "function") parts.push(level.constructor.name);
      for (const key of Reflect.ownKeys(level)) {
        if (key === "__proto__") continue;
        let item: unknown;
        try {
          item = (value as Record<PropertyKey, unknown>)[key];
        } catch {}
        parts.push(typeof item === "object" ? shown(item, depth + 1) : inspect(item));
        const own: unknown = Object.getOwnPropertyDescriptor(level, key)?.value;
        parts.push(typeof own === "string" ? own : "");
      }
    }
  }
  return parts.join("\n");
}

function expectMasked(error: ConnError): void {
  expect(shown(error)).not.toContain("canary");
}

class Private extends Error {
  readonly #secret = plain;
  readonly code = "E_PRIVATE";
  get detail(): string {
    return this.#secret;
  }
}
class Printing extends Error {
  readonly #secret = plain;
  readonly code = "E_PRINTING";
  [inspect.custom](): string {
    return `Printing ${this.#secret}`;
  }
}
class Serialising extends Error {
  readonly #secret = plain;
  toJSON(): object {
    return { secret: this.#secret };
  }
}
class Speaking extends Error {
  readonly #secret = plain;
  override toString(): string {
    return this.#secret;
  }
}
class OnPrototype extends Error {
  declare readonly password: string;
  static {
    Object.defineProperty(this.prototype, "password", { value: plain, enumerable: true });
  }
}
class Named extends Error {
  static {
    Object.defineProperty(this, "name", { value: `Error of ${plain}` });
  }
}
class Client {
  readonly #secret = plain;
  toJSON(): object {
    return { secret: this.#secret };
  }
}

describe("a cause", () => {
  it.each<[string, () => unknown]>([
    ["a getter of its class", () => new Private("refused")],
    ["a field of its prototype", () => new OnPrototype("refused")],
    ["a plain prototype", () => Object.create({ options: { password: plain } })],
    ["a prototype's prototype", () => Object.create(Object.create({ password: plain }))],
    ["a printer of its class", () => new Printing("refused")],
    [
      "a printer of its own",
      () => Object.assign(new Error("refused"), { [inspect.custom]: () => plain }),
    ],
    ["a plain object's printer", () => ({ [inspect.custom]: () => plain })],
    ["its class's toJSON", () => new Serialising("refused")],
    ["a toJSON of its own", () => Object.assign(new Error("refused"), { toJSON: () => plain })],
    ["a plain object's toJSON", () => ({ toJSON: () => ({ plain }) })],
    ["its class's toString", () => new Speaking("refused")],
    ["the name of its class", () => new Named("refused")],
    ["a name of its own", () => Object.assign(new Error("refused"), { name: plain })],
    [
      "a client that prints itself",
      () => Object.assign(new Error("refused"), { client: new Client() }),
    ],
    ["a DataView", () => ({ bytes: new DataView(bytesOf(plain)) })],
    ["an ArrayBuffer", () => ({ bytes: bytesOf(plain) })],
    ["a SharedArrayBuffer", () => ({ bytes: sharedBytesOf(plain) })],
    ["numbers over bytes", () => ({ bytes: new Uint16Array(bytesOf(`${plain}!`)) })],
    ["a RegExp", () => ({ pattern: new RegExp(`^${plain}$`) })],
    ["an escaped RegExp", () => ({ pattern: /canary-4711-quo"ted\\and\/slashed/ })],
    ["a RegExp in hex", () => ({ pattern: /\x63anary\x34712plain/ })],
    ["a RegExp subclass's own field", () => Object.assign(/fine/, { password: plain })],
  ])("shows no secret in %s", (_where, make) => {
    const error = new ConnError("CONN_OPEN", "pet_db could not be opened", { cause: make() });
    expectMasked(error);
    const bytes = (error.cause as { bytes?: unknown }).bytes;
    if (bytes !== undefined)
      expect(bytes).toMatch(/^\[(?:DataView|(?:Shared)?ArrayBuffer|Uint16Array)\]$/);
  });

  it.each([
    [
      "whose class is clean",
      () => Object.assign(new RangeError(plain), { code: "E_PET" }),
      RangeError,
    ],
    ["whose class reads private fields", () => new Private(`refused ${plain}`), Private],
    ["whose class prints a secret", () => new Printing("refused"), Error],
  ])("%s stays as useful as it can", (_what, make, expectedClass) => {
    const original = make();
    const { cause } = new ConnError("CONN_OPEN", "no", { cause: original });
    expect(cause).toBeInstanceOf(expectedClass);
    expect(cause).toMatchObject({
      code: original.code,
      message: original.message.replace(plain, mask),
    });
    expect((cause as Error).stack).toContain("redact-causes.test.ts");
  });

  it("that holds a connection shows its name and state, and no more", () => {
    const conn = new PetConnection({ config: { password: plain } });
    const error = new ConnError("CONN_QUERY", "no", {
      cause: Object.assign(new Error("no"), { conn, message: plain }),
    });
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain("canary");
    expect(error.cause).toHaveProperty("conn", conn);
  });

  it("without a secret is left as it is, whatever its class does", () => {
    class Odd extends Map {}
    for (const cause of [
      new URL("http://localhost/"),
      new Odd(),
      Buffer.from("fine"),
      new DataView(bytesOf("fine")),
      /fine/,
      Object.assign(new Error("fine"), { toJSON: () => ({}) }),
    ])
      expect(redact(cause)).toBe(cause);
  });
});

describe("redactText", () => {
  it.each<[string, (secret: string) => string]>([
    ["upper-case hex", (secret) => Buffer.from(secret).toString("hex").toUpperCase()],
    ["JSON inside JSON", (secret) => JSON.stringify(JSON.stringify(secret)).slice(3, -3)],
    ["JSON inspected", (secret) => inspect(JSON.stringify(secret)).slice(2, -2)],
    [
      "JSON with escaped slashes",
      (secret) => JSON.stringify(secret).slice(1, -1).replaceAll("/", "\\/"),
    ],
    ["a RegExp's source", (secret) => secret.replace(/[\\/]/g, "\\$&")],
  ])("masks a secret written as %s", (_how, write) => {
    for (const secret of [canary, `${canary}'s`]) {
      registerSecret(secret);
      expect(redactText(`before ${write(secret)} after`)).toBe(`before ${mask} after`);
    }
  });
});

describe("an error that learned a secret after it was made", () => {
  it("is masked in a check's report and where a call throws it", async () => {
    const conn = new PetConnection();
    conn.beforeOpen = () => {
      const error = new ConnError("CONN_AUTH", "refused", { connection: "pet_db" });
      return Promise.reject(Object.assign(error, { details: { password: plain } }));
    };
    const { stages } = await conn.check();
    expect(stages[0]?.error).toMatchObject({ code: "CONN_AUTH", details: { password: mask } });
    const error = await conn.client().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnError);
    expect(shown(error)).not.toContain("canary");
  });

  it("is masked where a connection explains another in its words", async () => {
    class Explaining extends PetConnection {
      protected override explain(): ConnError {
        return Object.assign(new ConnError("CONN_QUERY", "no"), { details: plain });
      }
    }
    const conn = new Explaining();
    conn.answer = () => Promise.reject(new Error("no"));
    await expect(conn.read("fish")).rejects.toMatchObject({ code: "CONN_QUERY", details: mask });
  });
});

function bytesOf(text: string): ArrayBuffer {
  return new TextEncoder().encode(text).buffer;
}

function sharedBytesOf(text: string): SharedArrayBuffer {
  const bytes = new TextEncoder().encode(text);
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  return shared;
}
