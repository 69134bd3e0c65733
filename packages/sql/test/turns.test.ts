import { expect, test } from "vitest";
import { Turns } from "../src/turns.ts";
import { failure } from "./support.ts";

test("a wait that ends counts those who wait beside it, and not itself", async () => {
  const turns = new Turns(1);
  const release = await turns.acquire({ seconds: 1, holder: "a session" });
  const first = failure(turns.acquire({ seconds: 0.05, holder: "a query" }));
  const second = failure(turns.acquire({ seconds: 0.1, holder: "a query" }));
  expect((await first).message).toContain(", and 1 more wait.");
  expect((await second).message).not.toContain("more wait");
  release();
});
