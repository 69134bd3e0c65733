import { describe, expect, it } from "vitest";
import { type Duration, toSeconds, toTimer } from "../src/duration.ts";

describe("a duration", () => {
  it.each([
    [0, 0],
    [600, 600],
    [0.5, 0.5],
    [Infinity, Infinity],
    ["90s", 90],
    ["10m", 600],
    ["1.5h", 5400],
    ["2d", 172_800],
  ] as [Duration, number][])("of %s is %d seconds", (duration, seconds) => {
    expect(toSeconds(duration, "ttl")).toBe(seconds);
  });

  it.each([
    "600",
    "",
    "10 m",
    "m",
    "-1s",
    "10ms",
    "1w",
    "1e3s",
    -1,
    NaN,
    -Infinity,
    null,
    true,
    {},
  ])("is not %j, whose unit would be a guess", (value) => {
    expect(() => toSeconds(value as Duration, "ttl")).toThrow(
      expect.objectContaining({
        code: "CONN_ARGUMENT",
        message: expect.stringContaining("`ttl` is not a duration"),
      }),
    );
  });
});

it.each([
  [1, 1000],
  [1.005, 1005],
  [0.0001, 1],
  [Infinity, 2 ** 31 - 1],
])("a timer of %d s is %d whole milliseconds", (seconds, ms) => {
  expect(toTimer(seconds)).toBe(ms);
});
