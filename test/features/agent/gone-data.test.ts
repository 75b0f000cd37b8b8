import { expect, test } from "bun:test";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { sandbox } from "../../support/sandbox.ts";

test("an agent whose data folder goes away ends, and accepts nothing that would be lost with it", async () => {
  await using box = await sandbox();
  const agent = box.start("agent");
  await agent.says("ready");
  // It may just be making a file there.
  rmSync(box.data, { recursive: true, maxRetries: 3 });
  const { exitCode, stderr } = await agent.ended;
  expect(exitCode).toBe(74);
  expect(stderr).toContain(
    `stopping, as nothing can be recorded any more: ${box.data}/garza.db: it was removed, or another one`,
  );
  expect(existsSync(join(box.data, "garza.db"))).toBe(false);
});
