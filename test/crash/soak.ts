/**
 * The test of random kills for as long as it takes: `bun test/crash/soak.ts [kills] [seed]`, 10,000 kills unless told
 * (about an hour and a half on two cores), in rounds of 300 kills, each round in a data folder of its own and with the
 * next seed. It prints a line a round and what is wrong as soon as it is found, with the seed that repeats the round's
 * operations and moments; the exit code is 1 then. `GARZA_BIN` is the program, else `dist/garza`.
 */
import { sandbox } from "../support/sandbox.ts";
import { killAgents } from "./kills/kill-agents.ts";
import { judge } from "./kills/look.ts";
import { files } from "./kills/templates.ts";
import { verdict } from "./kills/verdict.ts";

const [kills = 10_000, firstSeed = 1] = process.argv.slice(2).map(Number);
const perRound = 300;

let isWrong = false;
for (let done = 0, seed = firstSeed; done < kills; done += perRound, seed++) {
  await using box = await sandbox({ files });
  const killed = await killAgents(box, Math.min(perRound, kills - done), seed);
  const { line, insideAStep, asExpected } = verdict(killed);
  console.log(`seed ${seed}: ${line}`);
  const faults = [...killed.complaints, ...judge(box, killed.accepted)];
  if (insideAStep < 0.7) faults.push("too few kills inside a step");
  if (asExpected < 0.95) faults.push("too few ended as they should");
  for (const fault of faults) console.log(`  ${fault}`);
  isWrong ||= faults.length > 0;
}
process.exitCode = isWrong ? 1 : 0;
