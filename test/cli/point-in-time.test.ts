import { expect, test } from "bun:test";
import { readTimes } from "../../src/cli/point-in-time.ts";

const now = Date.parse("2026-11-22T12:00:00Z");
const before = (text: string) => readTimes(text, undefined, now).notBefore;

test("a time is a duration from now, or ISO 8601 with its zone", () => {
  expect(before("30m")).toBe(now + 1_800_000);
  expect(before("2030-01-31T12:00:00Z")).toBe(Date.UTC(2030, 0, 31, 12));
  expect(before("2030-01-31T12:00+02:00")).toBe(Date.UTC(2030, 0, 31, 10));
  expect(before("2028-02-29T23:59:59.5-05:30")).toBe(Date.UTC(2028, 2, 1, 5, 29, 59, 500));
  expect(readTimes(undefined, undefined, now)).toEqual({});
});

test.each([
  "soon",
  "2030-01-31",
  "2030-01-31T12:00:00",
  "2030-02-30T12:00:00Z",
  "2030-13-01T00:00Z",
  "2030-01-31T25:00Z",
  "-5m",
])("%s is refused", (text) => {
  expect(() => before(text)).toThrow("is neither a time like");
});

test("an end before the beginning, or before now, is refused", () => {
  expect(readTimes("1h", "2h", now)).toEqual({ notBefore: now + 3_600_000, notAfter: now + 7_200_000 });
  expect(() => readTimes("2h", "1h", now)).toThrow("1h is over before it could begin");
  expect(() => readTimes(undefined, "2020-01-01T00:00Z", now)).toThrow("is over before it could begin");
});
