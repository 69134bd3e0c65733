import { describe, expect, it } from "vitest";
import { checkLocalKey } from "../src/path-rules.ts";
import { locate, locateFolder, type PathRules, readRoot, show } from "../src/paths.ts";

const root = (text: string): PathRules => {
  const read = readRoot(text, undefined);
  if ("problem" in read) throw new Error(read.problem);
  return { connection: "pets", protocol: undefined, root: read.root };
};
const local = root("/data/pets");
const bucket = root("s3://pets/in/side");
const azure = root("az://pets");
const named: PathRules = { connection: "s3", protocol: "s3", root: undefined };
const open: PathRules = { connection: "pets", protocol: undefined, root: undefined };

const long = "x".repeat(1025);

describe("a path is refused", () => {
  it.each([
    ["../x", local],
    ["a/../../x", local],
    ["a/./x", local],
    ["..\\x", local],
    ["/etc/x", local],
    ["C:/x", local],
    ["\\\\host\\share", local],
    ["a//b", local],
    ["x\0.csv", local],
    ["x\n.csv", local],
    ["x\u001b[2J", local],
    ["\ud800", local],
    ["file:///etc/passwd", local],
    ["file:///data/pets/../secret", local],
    ["file:///data/pets%2F..%2F..%2Fetc/passwd", local],
    ["s3://pets/x", local],
    ["", local],
    ["folder/", local],
    ["../x", bucket],
    ["a/../../x", bucket],
    ["..\\x", bucket],
    ["/etc/x", bucket],
    ["x\0", bucket],
    [long, bucket],
    ["é".repeat(510), bucket],
    ["s3://pets/other/x", bucket],
    ["s3://pets/in/sideways", bucket],
    ["s3://other/in/side/x", bucket],
    ["gs://pets/in/side/x", bucket],
    ["file:///etc/passwd", bucket],
    ["a\\b", azure],
    ["a./b", azure],
    ["dot.", azure],
    ["pets.csv", named],
    ["/pets/x", named],
    ["..", named],
    ["../pets/x", named],
    ["C:/x", named],
    ["pe ts/x", named],
    ["file:///etc/passwd", named],
    ["https://pets.s3.amazonaws.com/x?X-Amz-Signature=51617e", open],
    ["s4://pets/x", open],
    ["data:text/csv,a", { ...named }],
    ["s3:///x", open],
    ["s3://pets", open],
  ] as const)("%j", (path, rules) => {
    let error: (Error & { code?: string; hint?: string }) | undefined;
    try {
      locate(path, rules);
    } catch (thrown) {
      error = thrown as Error;
    }
    expect(error).toMatchObject({ code: "CONN_ARGUMENT" });
    expect(error?.hint).toBeTruthy();
    expect(error?.message).not.toContain("51617e");
    // oxlint-disable-next-line no-control-regex -- what must not reach a terminal
    expect(error?.message).not.toMatch(/[\0\u001b]/);
  });

  it.each(["CON", "nul.txt", "a/COM1", "x.", "x ", "aa:b", 'a"b', "a|b"])(
    "%j on Windows",
    (path) => {
      expect(checkLocalKey(path, "win32")).toBeTruthy();
      expect(checkLocalKey(path, "linux")).toBeUndefined();
    },
  );
});

describe("a path is taken as it is", () => {
  it.each([
    ["a%2e%2e/b", bucket, { container: "pets", key: "in/side/a%2e%2e/b" }],
    ["%2e%2e/x", bucket, { container: "pets", key: "in/side/%2e%2e/x" }],
    ["a//b", bucket, { container: "pets", key: "in/side/a//b" }],
    ["CON", bucket, { container: "pets", key: "in/side/CON" }],
    ["x. ", bucket, { container: "pets", key: "in/side/x. " }],
    ["e\u0301", bucket, { container: "pets", key: "in/side/e\u0301" }],
    ["C:/x", bucket, { container: "pets", key: "in/side/C:/x" }],
    ["...", bucket, { container: "pets", key: "in/side/..." }],
    ["s3://pets/in/side/x", bucket, { container: "pets", key: "in/side/x" }],
    ["S3://pets/in/side/x", bucket, { container: "pets", key: "in/side/x" }],
    ["pets/x y+z?#&", named, { container: "pets", key: "x y+z?#&" }],
    ["s3://Pets_old.2/x", named, { container: "Pets_old.2", key: "x" }],
    ["gcs://pets/x", open, { protocol: "gs", container: "pets", key: "x" }],
    ["azure://pets/x", open, { protocol: "az", container: "pets", key: "x" }],
    ["file:///data/a%20b", open, { protocol: "file", key: "/data/a b" }],
    ["/data/x", open, { protocol: "file", key: "/data/x" }],
    ["%2e%2e/x", local, { protocol: "file", key: "/data/pets/%2e%2e/x" }],
    ["file:///data/pets/x", local, { protocol: "file", key: "/data/pets/x" }],
    ["x".repeat(1016), bucket, { key: `in/side/${"x".repeat(1016)}` }],
  ] as const)("%j", (path, rules, location) => {
    expect(locate(path, rules)).toMatchObject(location);
  });

  it.each([
    ["a/b", local],
    ["a/b", bucket],
    ["pets/a/b", named],
    ["s3://pets/a/b", open],
    ["gs://pets/a/b", open],
    ["test/x.csv", open],
    ["/data/x.csv", open],
  ] as const)("%j is shown as it was given", (path, rules) => {
    expect(show(locate(path, rules), rules)).toBe(path);
  });

  it("a folder may be the root, a bucket, or all of them", () => {
    expect(locateFolder("", bucket)).toMatchObject({ container: "pets", key: "in/side/" });
    expect(locateFolder("", local).key).toBe("/data/pets/");
    expect(locateFolder("pets/", named)).toMatchObject({ container: "pets", key: "" });
    expect(locateFolder("", named)).toMatchObject({ container: "", key: "" });
  });
});

it.each(["ftp://x", "s3://", "s3://pets/../x", "s3://p\0", "az://a\\b"])(
  "%j is no root",
  (text) => {
    expect(readRoot(text, undefined)).toHaveProperty("problem");
  },
);

it.each([
  ["hf://datasets/jerry/pets/a.csv", /@conn\/hf/],
  ["https://example.com/a.csv", /`fetch`/],
  ["s4://pets/x", /Did you mean s3/],
  ["s3://pets.csv", /names a bucket, and no object in it/],
  [new URL("file:///pets.csv") as unknown as string, /`href`/],
])("says how %s is read instead", (path, hint) => {
  expect(() => locate(path, open)).toThrow(hint);
});
