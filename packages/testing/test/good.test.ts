import { afterAll, describe, test } from "vitest";
import { conform } from "../src/index.ts";
import { petServer } from "./pet-server.ts";
import { subjectOf } from "./subject.ts";

const server = await petServer();
afterAll(() => server[Symbol.asyncDispose]());

describe("a good plugin", () => {
  conform(subjectOf(server), { test });
});
