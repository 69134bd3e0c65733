import { describe, expect, it } from "vitest";
import { configOf, connect, failure, hub, reader, writer } from "./support.ts";

describe("an error explains itself", () => {
  it.each([
    [
      "a file that is not there",
      "datasets/jerry/pets/data/pest.csv",
      undefined,
      "CONN_NOT_FOUND",
      /Did you mean data\/pets\.csv\?/,
    ],
    [
      "a folder for a file",
      "datasets/jerry/pets/data",
      undefined,
      "CONN_NOT_FOUND",
      /Name a file in it/,
    ],
    [
      "a repository that is not there",
      "datasets/jerry/none/a.csv",
      undefined,
      "CONN_NOT_FOUND",
      /private, set HF_TOKEN/,
    ],
    [
      "a kind that is misspelt",
      "dataset/jerry/pets/data/pets.csv",
      undefined,
      "CONN_NOT_FOUND",
      /Did you mean hf:\/\/datasets\/jerry\/…\?/,
    ],
    [
      "a kind that is misspelt, with a token",
      "space/jerry/pets",
      reader,
      "CONN_NOT_FOUND",
      /Did you mean hf:\/\/spaces\/jerry\/…\?/,
    ],
    [
      "a repository that the token may not see",
      "jerry/secret/a.txt",
      reader,
      "CONN_NOT_FOUND",
      /token that may see it/,
    ],
    [
      "a revision that is not there",
      "datasets/jerry/pets@v9/a.csv",
      undefined,
      "CONN_NOT_FOUND",
      /no revision v9/,
    ],
    [
      "a gated repository without a token",
      "jerry/gated/a.txt",
      undefined,
      "CONN_FORBIDDEN",
      /Accept its terms at http.*\/jerry\/gated, then set HF_TOKEN/,
    ],
    [
      "a gated repository whose terms are open",
      "jerry/gated/a.txt",
      reader,
      "CONN_FORBIDDEN",
      /with the account of the token/,
    ],
  ])("of %s", async (_title, path, token, code, hint) => {
    const server = await hub();
    server.add({ type: "model", name: "jerry/secret", files: { "a.txt": "" }, token: writer });
    server.add({
      type: "model",
      name: "jerry/gated",
      files: { "a.txt": "" },
      token: writer,
      gated: true,
    });
    const conn = await connect(server, token === undefined ? {} : { token });
    const error = await failure(conn.readText(`hf://${path}`));
    expect(error).toMatchObject({ code, hint: expect.stringMatching(hint) as string });
    expect(`${error.message}${error.stack}`).not.toContain(reader);
  });

  it("of a rate limit, once waiting does not help", async () => {
    const server = await hub();
    server.limitRate(100, 0);
    const conn = await connect(server);
    const error = await failure(conn.readText("hf://datasets/jerry/pets/README.md"));
    expect(error.message).toMatch(/was told by Hugging Face to slow down .*status 429/);
  });

  it("of a hub that says nothing", async () => {
    const server = await hub();
    server.play(Array.from({ length: 20 }, () => "stall"));
    const conn = await connect(server, { idleTimeout: 0.05 });
    const error = await failure(conn.readText("hf://datasets/jerry/pets/README.md"));
    expect(error.code).toBe("CONN_TIMEOUT");
    const controller = new AbortController();
    const waiting = failure(
      conn.stat("hf://datasets/jerry/pets/README.md", { signal: controller.signal }),
    );
    controller.abort();
    expect((await waiting).code).toBe("CONN_ABORTED");
  });
});

describe("a path is refused", () => {
  const rooted = { root: "datasets/jerry/pets@main/data" };
  it.each([
    ["", {}],
    ["jerry", {}],
    ["hf://jerry/pets", {}],
    ["hf://datasets/jerry/pets", {}],
    ["hf://datasets/jerry/pets/", {}],
    ["hf://datasets/jerry/pets/data/", {}],
    ["hf://datasets/../pets/a.csv", {}],
    ["hf://datasets/jerry/pets/../a.csv", {}],
    ["hf://datasets/jerry/pets/a/./b.csv", {}],
    ["hf://datasets/jerry/pets/a//b.csv", {}],
    ["hf://datasets/jerry/pets/a\\..\\b.csv", {}],
    ["hf://datasets/jerry/pets/.git/config", {}],
    ["hf://datasets/jerry/pets@/a.csv", {}],
    ["hf://datasets/jerry/pets@a..b/a.csv", {}],
    ["hf://datasets/jerry/pets@a b/a.csv", {}],
    ["hf://datasets/je rry/pets/a.csv", {}],
    ["hf://datasets/jerry/pe--ts/a.csv", {}],
    ["hf://datasets/-jerry/pets/a.csv", {}],
    ["hf://datasets/jerry/pets.git/a.csv", {}],
    [`hf://datasets/jerry/${"x".repeat(97)}/a.csv`, {}],
    [`hf://datasets/jerry/pets/${"x".repeat(1025)}`, {}],
    ["hf://buckets/jerry/pets/a.csv", {}],
    ["hf://datasets/jerry/pets/a\0.csv", {}],
    ["hf://datasets/jerry/pets/a\n.csv", {}],
    ["hf://datasets/jerry/pets/\ud800", {}],
    ["s3://jerry/pets/a.csv", {}],
    ["https://example.com/datasets/jerry/pets/blob/main/a.csv?X-Amz-Signature=51617e", {}],
    ["../README.md", rooted],
    ["/README.md", rooted],
    ["a/../../README.md", rooted],
    ["hf://datasets/jerry/pets/README.md", rooted],
    ["hf://datasets/jerry/pets@v1/data/a.csv", rooted],
    ["hf://datasets/jerry/other/data/a.csv", rooted],
    ["hf://datasets/jerry/pets/database/a.csv", rooted],
  ])("%j", async (path, settings) => {
    const server = await hub();
    const conn = await connect(server, settings);
    const error = await failure(conn.readText(path));
    expect(error.code).toBe("CONN_ARGUMENT");
    expect(error.hint).toBeTruthy();
    expect(error.message).not.toContain("51617e");
    expect(server.requests).toEqual([]);
  });

  it("with the way to write a name of one part", async () => {
    const error = await failure((await connect(await hub())).readText("hf://gpt2/config.json"));
    expect(error.hint).toContain("hf://gpt2@main/config.json");
  });
});

describe("a section is refused", () => {
  it.each([
    [{ token: "secret" }, /starts with "hf_"/],
    [{ token: "hf_x", anonymous: true }, /exclude each other/],
    [{ token: "hf_x", endpoint: "http://hub.example.com" }, /https:\/\/ alone/],
    [{ endpoint: "hub.example.com" }, /not an address/],
    [{ endpoint: "http://169.254.169.254" }, /link-local/],
    [{ root: "datasets/jerry/../pets" }, /valid name/],
    [{ root: "" }, /./],
    [{ revision: "a..b" }, /revision/],
    [{ tokens: "hf_x" }, /tokens/],
  ])("%j", async (settings, message) => {
    await expect(configOf(settings)).rejects.toThrow(message);
  });
});
