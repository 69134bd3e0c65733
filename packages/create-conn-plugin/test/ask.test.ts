import { PassThrough } from "node:stream";
import { expect, it } from "vitest";
import { asker } from "../src/ask.ts";
import { Refusal } from "../src/refusal.ts";

function terminal(...answers: string[]) {
  const input = new PassThrough();
  const output = new PassThrough().setEncoding("utf8");
  let shown = "";
  output.on("data", (text: string) => {
    shown += text;
    // One answer to each question, as somebody at a keyboard gives them.
    if (/[?\]] $/.test(text)) {
      const answer = answers.shift();
      if (answer === undefined) input.end();
      else input.write(`${answer}\n`);
    }
  });
  return { asks: asker(input, output), shown: () => shown };
}

const kinds = { api: "an API", query: "a database" };

it("asks again until the answer is good", async () => {
  const { asks, shown } = terminal("bad", "worse", "good");
  const answer = await asks.text("Name?", (text) => {
    if (text !== "good") throw new Refusal(`${text} is bad.`, "Try good.");
    return text;
  });
  expect(answer).toBe("good");
  expect(shown()).toContain("worse is bad. Try good.");
});

it.each([
  ["", "api"],
  ["query", "query"],
  ["q", "query"],
])("takes %j for a choice", async (typed, chosen) => {
  const { asks, shown } = terminal(typed);
  expect(await asks.choice("Which?", kinds)).toBe(chosen);
  expect(shown()).toContain("query   a database");
});

it.each([
  ["", true],
  ["y", true],
  ["n", false],
  ["No", false],
])("takes %j for yes or no", async (typed, answer) => {
  expect(await terminal(typed).asks.yes("Install?")).toBe(answer);
});

it("creates nothing once the terminal is closed", async () => {
  const { asks } = terminal();
  await expect(asks.text("Name?", String)).rejects.toThrow("Nothing was created.");
  await expect(asks.yes("Install?")).rejects.toThrow("Nothing was created.");
});
