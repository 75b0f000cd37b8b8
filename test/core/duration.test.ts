import { expect, test } from "bun:test";
import { parseDuration, showDuration } from "../../src/core/duration.ts";

test("a duration is a number of seconds or has a unit", () => {
  const read = (values: (string | number)[]) => values.map((value) => parseDuration(value));
  expect(read([30, "30", "30s", "500ms", "5m", "2h", "1d", "1.5s", 0.25, " 5m ", 0])).toEqual([
    30_000, 30_000, 30_000, 500, 300_000, 7_200_000, 86_400_000, 1_500, 250, 300_000, 0,
  ]);
});

test("anything else is none", () => {
  for (const value of ["", "s", "-5", -5, "5 m", "5M", "1h30m", "1e3", Number.NaN, Infinity, "9".repeat(30)]) {
    expect(parseDuration(value)).toBeUndefined();
  }
});

test("it is shown in the largest unit that needs no fraction", () => {
  expect([0, 500, 1500, 2000, 90_000, 300_000, 7_200_000, 86_400_000].map(showDuration)).toEqual([
    "0ms",
    "500ms",
    "1500ms",
    "2s",
    "90s",
    "5m",
    "2h",
    "1d",
  ]);
});
