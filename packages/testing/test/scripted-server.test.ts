import { describe, expect, it } from "vitest";
import { scriptedServer } from "../src/index.ts";

describe("the scripted server", () => {
  it("plays its script, one step for each request, then answers", async () => {
    await using server = await scriptedServer(["503", "429 2", "reset", "drop", "ok"], {
      answer: [{ pet: "fish" }],
    });
    expect((await fetch(server.url)).status).toBe(503);
    const limited = await fetch(server.url);
    expect([limited.status, limited.headers.get("retry-after")]).toEqual([429, "2"]);
    await expect(fetch(server.url)).rejects.toThrow();
    await expect(fetch(server.url)).rejects.toThrow();
    expect(await (await fetch(server.url)).json()).toEqual([{ pet: "fish" }]);
    expect(
      await (await fetch(`${server.url}/pets`, { method: "POST", body: "cat" })).json(),
    ).toEqual([{ pet: "fish" }]);
    expect(server.requests.at(-1)).toMatchObject({ method: "POST", path: "/pets", body: "cat" });
    expect(server.requests).toHaveLength(6);
  });

  it("announces more than it sends, redirects, and stays silent", async () => {
    await using server = await scriptedServer([
      "truncated",
      "302 http://127.0.0.1:9/elsewhere",
      "silent",
    ]);
    await expect(fetch(server.url).then((response) => response.text())).rejects.toThrow();
    const moved = await fetch(server.url, { redirect: "manual" });
    expect(moved.headers.get("location")).toBe("http://127.0.0.1:9/elsewhere");
    const controller = new AbortController();
    const silent = fetch(server.url, { signal: controller.signal });
    await expect.poll(() => server.waiting).toBe(1);
    controller.abort();
    await expect(silent).rejects.toThrow();
    await expect.poll(() => server.waiting).toBe(0);
  });

  it("answers by a function of the request, and takes functions as steps", async () => {
    await using server = await scriptedServer(
      [(_request, response) => void response.writeHead(418).end()],
      {
        answer: ({ path }: { path: string }) => ({ path }),
      },
    );
    expect((await fetch(server.url)).status).toBe(418);
    expect(await (await fetch(`${server.url}/pets?owner=jerry`)).json()).toEqual({
      path: "/pets?owner=jerry",
    });
  });

  it.each(["503x", "", "OK", "99", "reset now"])("refuses %j as a step", async (step) => {
    await expect(scriptedServer([step])).rejects.toMatchObject({ code: "CONN_ARGUMENT" });
  });
});
