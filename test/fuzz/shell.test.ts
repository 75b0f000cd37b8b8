/** Needs the seven shells that test/setup.sh installs. A failure can be repeated with the seed that it prints. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { sandbox } from "../support/temporary.ts";
import { type Draft, rows } from "./shell-draft.ts";
import { batchesInEveryShell, faultsOf, judgeAll, randomBatches } from "./shell-fuzz.ts";
import { makeScript } from "./shell-grammar.ts";
import { mutated } from "./shell-mutations.ts";
import type { Template } from "./shell-oracle.ts";
import { renderOurs, renderQuoted, renderRaw, warningsOf } from "./shell-render.ts";
import { shellNames } from "./shell-run.ts";

// The same in every run, so that a failure is the change's and not the day's; other seeds by hand.
const seed = Number(process.env.GARZA_FUZZ_SEED ?? 147_044);
const count = Number(process.env.GARZA_FUZZ_COUNT ?? 20_000);
const folder = sandbox();
console.log(`GARZA_FUZZ_SEED=${seed} GARZA_FUZZ_COUNT=${count}`);

const grown = (draft: Draft): Template => ({ text: makeScript(draft), uses: draft.uses });
/** A value that became a part of the script can make a loop that never ends. */
const finite = (draft: Draft): Template => {
  const template = grown(draft);
  return /while|until/.test(template.text) ? { ...template, text: "A" } : template;
};
const spoilt = (draft: Draft): Template => mutated(grown(draft), draft.random);

test("values stay words in random scripts, in every kind of place, in every shell", async () => {
  const verdicts = await judgeAll(randomBatches(count, seed, grown), renderOurs, folder);
  expect(faultsOf(verdicts)).toEqual([]);
  expect(verdicts.filter(({ place }) => place).map(({ refused, template }) => `${refused}: ${template.text}`)).toEqual(
    [],
  );

  const reached = countsOf(verdicts.flatMap((verdict) => verdict.reached));
  console.log(rows.map((row) => `${row} ${reached.get(row) ?? 0}`).join(", "));
  expect(rows.filter((row) => (reached.get(row) ?? 0) < count / 40)).toEqual([]);
  const ran = countsOf(verdicts.filter(({ refused }) => refused === undefined).map(({ shell }) => shell));
  expect(shellNames.filter((shell) => (ran.get(shell) ?? 0) < count / 10)).toEqual([]);
}, 900_000);

test("values stay words in scripts with mistakes, or the scripts are refused", async () => {
  const verdicts = await judgeAll(randomBatches(count / 8, seed, spoilt), renderOurs, folder);
  expect(faultsOf(verdicts)).toEqual([]);
  const refused = verdicts.filter(({ place }) => place).length;
  console.log(`${refused} of ${verdicts.length} scripts with mistakes were refused`);
  expect(refused).toBeGreaterThan(verdicts.length / 10);
  expect(refused).toBeLessThan((verdicts.length * 9) / 10);
}, 300_000);

// What goes through a variable of the script's own is warned of, and not promised.
test("no known way to have a value read again as a program is open", async () => {
  const lines = (await Bun.file(join(import.meta.dir, "shell-attempts.txt")).text()).trimEnd().split("\n");
  const templates = lines.map(attempt).filter((template) => !warningsOf(template).includes("E_TAINT"));
  const verdicts = await judgeAll(batchesInEveryShell(templates, seed), renderOurs, folder);
  expect(faultsOf(verdicts)).toEqual([]);
  expect(verdicts.filter(({ refused }) => refused === undefined).length).toBeGreaterThan(3000);
}, 300_000);

test("values put in as they are become commands", async () => {
  const verdicts = await judgeAll(randomBatches(1400, seed, finite), renderRaw, folder);
  expect(verdicts.filter(({ injected }) => injected).length).toBeGreaterThan(100);
}, 300_000);

test("values in single quotes wherever they stand become commands", async () => {
  const verdicts = await judgeAll(randomBatches(1400, seed, finite), renderQuoted, folder);
  expect(verdicts.filter(({ injected }) => injected).length).toBeGreaterThan(100);
}, 300_000);

/** `↵` is a line end. */
function attempt(line: string): Template {
  const text = line.replaceAll("↵", "\n");
  const named = [...text.matchAll(/(text|file)\d/g)];
  return {
    text,
    uses: new Map(named.map(([name, kind]) => [name, { row: "unquoted", kind: kind === "file" ? "file" : "text" }])),
    // A test of the value decides what runs, and the author's own glob may match what other cases left in the folder.
    anyWords: /\$[\w@($]|`|xargs|\[[!^[]/.test(text),
  };
}

function countsOf<Key>(keys: readonly Key[]): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
