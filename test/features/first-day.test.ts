import { expect, test } from "bun:test";
import { runSession } from "../first-day/session.ts";
import { textOf } from "../support/sources.ts";

test("the first day goes as its page says (else: bun run first-day)", async () => {
  const page = await textOf("docs/first-day.md");
  expect(await runSession(page)).toBe(page);
});
