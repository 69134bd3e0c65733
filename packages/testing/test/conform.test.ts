import { describe, expect, it } from "vitest";
import { cases, conform } from "../src/index.ts";
import { ResetDropsWithoutClosing } from "./broken/lifecycle.ts";
import { petServer, token } from "./pet-server.ts";
import { PetsConnection } from "./pets.ts";
import { subjectOf } from "./subject.ts";

type Registered = Map<string, () => Promise<void>>;

function collect(): { tests: Registered; test: (name: string, run: () => Promise<void>) => void } {
  const tests: Registered = new Map();
  return { tests, test: (name, run) => void tests.set(name, run) };
}

function find(tests: Registered, part: string): () => Promise<void> {
  return [...tests].find(([name]) => name.includes(part))![1];
}

describe("conform()", () => {
  it("registers a test for each case that fits, and tells which do not", async () => {
    const { tests, test } = collect();
    const coverage = conform(
      {
        type: PetsConnection,
        config: { host: "127.0.0.1", port: 1, token },
        sample: (conn, options) => conn.read("pets", options),
        package: false,
      },
      { test },
    );
    expect(tests.size).toBe(coverage.ran.length + 1);
    expect(coverage.ran.length + coverage.leftOut.length).toBe(cases.length);
    expect(coverage.leftOut).toContainEqual({
      id: "package.manifest",
      kind: "does not apply",
      reason: "`package` is false",
    });
    expect(coverage.leftOut).toContainEqual({
      id: "cache.keys",
      kind: "not covered",
      reason: "give `variants`",
    });
    expect(String(coverage)).toContain(
      `pets: ${coverage.ran.length} of ${cases.length} conformance cases ran.`,
    );
    expect([...tests.keys()].at(-1)).toBe(
      `pets ran ${coverage.ran.length} of ${cases.length} cases`,
    );
  });

  it("lets a declared gap fail, and fails once it passes", async () => {
    await using server = await petServer();
    const gaps = { "lifecycle.reset": "its server allows no second session" };
    const broken = collect();
    conform(subjectOf(server, ResetDropsWithoutClosing, { gaps }), broken);
    await find(broken.tests, "(lifecycle.reset), but for a gap: its server allows")();
    const good = collect();
    conform(subjectOf(server, PetsConnection, { gaps }), good);
    await expect(find(good.tests, "(lifecycle.reset)")()).rejects.toThrow(
      "lifecycle.reset passes now: remove it from `gaps`.",
    );
  });

  it.each([
    [{ "lifecycle.rest": "late" }, 'Did you mean "lifecycle.reset"?'],
    [{ "lifecycle.reset": " " }, "has no reason"],
  ])("refuses the gaps %j", async (gaps, message) => {
    await using server = await petServer();
    expect(() =>
      conform(
        subjectOf(server, PetsConnection, { gaps: gaps as unknown as Record<string, string> }),
        collect(),
      ),
    ).toThrow(message);
  });

  it("fails for a gap that does not run", async () => {
    await using server = await petServer();
    const { tests, test } = collect();
    conform(
      subjectOf(server, PetsConnection, {
        package: false,
        gaps: { "package.name": "it is private" },
      }),
      { test },
    );
    await expect([...tests.values()].at(-1)!()).rejects.toThrow(
      "`gaps` names package.name, which does not run here",
    );
  });
});

describe("the cases", () => {
  it("have ids of their own that begin with their group, and sentences that can be read after a name", () => {
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length);
    for (const { id, group, sentence } of cases) {
      expect(id).toMatch(new RegExp(`^${group}\\.[a-z-]+$`));
      expect(sentence).toMatch(/^[a-z].*[^.]$/);
    }
  });
});
