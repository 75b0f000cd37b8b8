/** Eight machines that want the same lock all the time, for half a minute: each again as soon as it has given it back. */
import { expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { faultsOf } from "../../support/shared-audit.ts";
import { machines } from "../../support/shared-sandboxes.ts";

const lastsMs = 30_000;
const turns = 4;

const files = {
  // O_EXCL tells of two holders, whatever the locks say. Who waits longer than a minute fails.
  "operations/turns.yml": `operation: { name: turns, type: maintain, description: A test }
parameters: { witness: "", turns: "" }
steps:
  - type: foreach
    name: all
    items: "\${turns}"
    steps:
      - { type: lock, name: lock, resource: db, wait: 60 }
      - type: command
        name: alone
        env: { WITNESS: "\${witness}" }
        command: "set -C; : > $WITNESS || echo two >> $WITNESS.faults; sleep 0.02; rm -f $WITNESS; echo $GARZA_FENCE >> $WITNESS.tokens"
      - { type: unlock, name: unlock, resource: db }
`,
};

test("never two at once, each token given once and in order, and nobody waits longer than a minute", async () => {
  await using at = await machines(8, { files });
  const witness = join(at.all[0]?.folder ?? "", "witness");
  const numbers = Array.from({ length: turns }, (_, number) => number + 1).join(",");
  const end = Date.now() + lastsMs;
  const runs = await Promise.all(
    at.all.map(async (box) => {
      let count = 0;
      for (; count === 0 || Date.now() < end; count++) {
        const { exitCode, stderr } = await box.garza("run", "turns", `witness=${witness}`, `turns=${numbers}`);
        expect([exitCode, exitCode === 0 ? "" : stderr]).toEqual([0, ""]);
      }
      return count;
    }),
  );
  expect(await readFile(`${witness}.faults`, "utf8").catch(() => "")).toBe("");
  const tokens = (await readFile(`${witness}.tokens`, "utf8")).trim().split("\n").map(Number);
  expect(tokens).toHaveLength(runs.reduce((sum, count) => sum + count) * turns);
  expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
  expect(faultsOf(at.remote)).toEqual([]);
}, 240_000);
