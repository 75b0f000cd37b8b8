/** kill -9 at random, again and again: judged by the database and by what the steps left behind. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sandbox } from "../support/sandbox.ts";
import { audit } from "./kills/audit.ts";
import { killAgents } from "./kills/kill-agents.ts";
import { judge, look } from "./kills/look.ts";
import { files } from "./kills/templates.ts";
import { verdict } from "./kills/verdict.ts";

const kills = Number(process.env.GARZA_KILLS ?? 300);
const seed = Number(process.env.SEED ?? 147_044);

test(`${kills} agents killed at random lose nothing, repeat nothing, and what they ran ends by itself`, async () => {
  await using box = await sandbox({ files });
  const killed = await killAgents(box, kills, seed);
  const { accepted, complaints } = killed;
  const { line, insideAStep, asExpected } = verdict(killed);
  console.log(`SEED=${seed}: ${line}`);
  expect(complaints).toEqual([]);
  expect(judge(box, accepted)).toEqual([]);
  expect(insideAStep).toBeGreaterThanOrEqual(0.7);
  expect(asExpected).toBeGreaterThanOrEqual(0.95);

  // Control: what is not as it was is found out.
  const effects = readFileSync(join(box.root, "effects"), "utf8");
  const judgeWith = (changed: string, also: typeof accepted = []) =>
    look(box, (database) => audit({ database, effects: changed, made: null, log: null }, also))?.join("\n");
  const [begin = ""] = /^.* begin .* p\d+ .*\n/m.exec(effects) ?? [];
  expect(judgeWith(effects + begin)).toContain("ran 2 times");
  expect(judgeWith(effects.replaceAll(/^.* end .*\n/gm, ""))).toContain("succeeded without its effect");
  expect(judgeWith(`${"f".repeat(24)}-0 begin op p - \n`)).toContain("is of no recorded step");
  const lost = accepted.slice(0, 1).map(({ expects }) => ({ id: "op_lost", expects }));
  expect(judgeWith(effects, lost)).toContain("op_lost was accepted, and is not there");
}, 600_000);
