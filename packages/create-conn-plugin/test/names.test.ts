import { expect, it } from "vitest";
import { namesOf } from "../src/names.ts";
import { Refusal } from "../src/refusal.ts";

it.each([
  [
    "my-source",
    undefined,
    "my-source",
    "conn-plugin-my-source",
    "MySource",
    "My Source",
    "my-source",
  ],
  ["redis", undefined, "redis", "conn-plugin-redis", "Redis", "Redis", "redis"],
  [
    "conn-plugin-redis",
    undefined,
    "redis",
    "conn-plugin-redis",
    "Redis",
    "Redis",
    "conn-plugin-redis",
  ],
  ["@pets/redis", undefined, "redis", "@pets/conn-plugin-redis", "Redis", "Redis", "redis"],
  ["@pets/conn-plugin-s3", undefined, "s3", "@pets/conn-plugin-s3", "S3", "S3", "conn-plugin-s3"],
  ["redis", "@pets", "redis", "@pets/conn-plugin-redis", "Redis", "Redis", "redis"],
  ["redis", "pets", "redis", "@pets/conn-plugin-redis", "Redis", "Redis", "redis"],
])("%s, scope %s", (typed, scope, type, packageName, className, title, folder) => {
  expect(namesOf(typed, { scope })).toEqual({ type, packageName, className, title, folder });
});

it.each([
  ["", "begin with a lower case letter"],
  [".", "begin with"],
  ["..", "begin with"],
  ["../evil", "begin with"],
  ["/etc/evil", "begin with"],
  ["C:\\evil", "begin with"],
  ["evil/../..", "begin with"],
  ["@scope/../x", "begin with"],
  ["@/x", "is no scope"],
  ["@../x", "is no scope"],
  ["@UPPER/x", "is no scope"],
  ["node_modules", "begin with"],
  ["a b", "begin with"],
  ["Upper", "Such as: upper"],
  ["3d", "begin with"],
  ["-x", "begin with"],
  ["x-", "begin with"],
  ["x--y", "begin with"],
  ["x_y", "Such as: x-y"],
  ["pé", "begin with"],
  ["x\0y", "begin with"],
  ["x\ny", "begin with"],
  ["x\n", "begin with"],
  ["x\u001b[2J", "begin with"],
  ["x\u202ey", "\\u202e"],
  ["__proto__", "begin with"],
  ["conn-plugin-", "begin with"],
  ["con", "device"],
  ["nul", "device"],
  ["com1", "device"],
  ["conn-plugin-aux", "device"],
  ["a".repeat(65), "64 characters"],
  ["a".repeat(215), "64 characters"],
  [`@${"s".repeat(190)}/redis-source`, "at most 214"],
  ["update", "another meaning"],
  ["base", "another meaning"],
  ["sql", "@conn/sql provides this type"],
])("refuses %j", (typed, why) => {
  let refusal: unknown;
  try {
    namesOf(typed, { taken: { sql: "@conn/sql" } });
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toBeInstanceOf(Refusal);
  const { message, hint } = refusal as Refusal;
  expect(`${message} ${hint}`).toContain(why);
  expect(hint).toBeTruthy();
  expect(message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  expect(message.length).toBeLessThan(250);
});

it("does not take names of Object.prototype for taken types", () => {
  expect(namesOf("constructor", { taken: {} }).type).toBe("constructor");
});
