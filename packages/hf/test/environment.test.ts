import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { redactText } from "@conn/core";
import { afterEach, expect, it, vi } from "vitest";
import { HfConnection } from "../src/index.ts";
import { configOf, failure, hub, pets, temporaryFolder, writer } from "./support.ts";

const names = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_HOME", "HF_ENDPOINT"];

afterEach(() => vi.unstubAllEnvs());

async function conn(env: Readonly<Record<string, string>>): Promise<HfConnection> {
  for (const name of names) vi.stubEnv(name, "");
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  return new HfConnection({ name: "pets", config: await configOf({}) });
}

it("takes the address and the token of the environment", async () => {
  const server = await hub();
  await using pet = await conn({ HF_ENDPOINT: `${server.url}/`, HF_TOKEN: writer });
  expect((await pet.client()).accessToken).toBe(writer);
  await pet.write("hf://datasets/jerry/pets/a.csv", pets);
  expect(redactText(`token ${writer}`)).not.toContain(writer);
});

it.each(["HF_TOKEN_PATH", "HF_HOME"])(
  "takes the token of the login's file, by %s",
  async (name) => {
    const server = await hub();
    const folder = await temporaryFolder();
    await writeFile(join(folder, "token"), `${writer}\n`);
    const value = name === "HF_HOME" ? folder : join(folder, "token");
    await using pet = await conn({ HF_ENDPOINT: server.url, [name]: value });
    expect((await pet.client()).accessToken).toBe(writer);
    await using older = await conn({
      HF_ENDPOINT: server.url,
      [name]: value,
      HUGGING_FACE_HUB_TOKEN: "hf_other",
    });
    expect((await older.client()).accessToken).toBe("hf_other");
  },
);

it("needs no token, and takes none where it is told so", async () => {
  const server = await hub();
  await using nobody = await conn({ HF_ENDPOINT: server.url, HF_HOME: await temporaryFolder() });
  expect(await nobody.client()).not.toHaveProperty("accessToken");
  vi.stubEnv("HF_TOKEN", writer);
  await using stranger = new HfConnection({
    name: "pets",
    config: await configOf({ anonymous: true }),
  });
  expect(await stranger.client()).not.toHaveProperty("accessToken");
});

it.each([
  ["http://hub.example.com", writer, /https:\/\/ alone/],
  [undefined, "no_token", /starts with "hf_"/],
])("sends no token to %s", async (endpoint, token, message) => {
  const server = await hub();
  await using pet = await conn({ HF_ENDPOINT: endpoint ?? server.url, HF_TOKEN: token });
  const error = await failure(pet.readText("hf://jerry/bot/a.txt"));
  expect(error.code).toBe("CONN_CONFIG");
  expect(error.message).toMatch(message);
  expect(error.message).not.toContain(token);
});
