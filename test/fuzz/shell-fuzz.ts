/** Many cases through the oracle, by batches of which two run at a time. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import type { Draft } from "./shell-draft.ts";
import { type Case, judge, type Template, type Verdict } from "./shell-oracle.ts";
import { randomFrom } from "./shell-random.ts";
import type { Render } from "./shell-render.ts";
import { type Shell, shellNames } from "./shell-run.ts";
import { hostileValues } from "./shell-values.ts";

export type Batch = { shell: Shell; cases: Case[] };

const batchSize = 200;

/** The shells take turns by batches. */
export function randomBatches(count: number, seed: number, make: (draft: Draft) => Template): Batch[] {
  const random = randomFrom(seed);
  const newCase = (id: number): Case => {
    const template = make({ random, id, uses: new Map() });
    return { template, values: hostileValues(template.uses, random) };
  };
  return Array.from({ length: Math.ceil(count / batchSize) }, (_, index) => ({
    shell: shellNames[index % shellNames.length] ?? "dash",
    cases: Array.from({ length: batchSize }, (_, id) => newCase(id)),
  }));
}

/** Every template in every shell, with values of both kinds that become a command where nothing protects them. */
export function batchesInEveryShell(templates: readonly Template[], seed: number): Batch[] {
  const random = randomFrom(seed);
  const sharpest = (value: string) => (template: Template) => ({
    template,
    values: new Map([...template.uses.keys()].map((name) => [name, value])),
  });
  return shellNames.flatMap((shell) => [
    { shell, cases: templates.map(sharpest("x[$(touch PWNED)]")) },
    { shell, cases: templates.map(sharpest("'; touch PWNED; '")) },
    { shell, cases: templates.map((template) => ({ template, values: hostileValues(template.uses, random) })) },
  ]);
}

export async function judgeAll(batches: readonly Batch[], render: Render, folder: string): Promise<Verdict[]> {
  const waiting = [...batches];
  const verdicts: Verdict[] = [];
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const { shell, cases } = next;
      verdicts.push(...(await judge(cases, { shell, folder: mkdtempSync(join(folder, "batch-")), render })));
    }
  };
  await Promise.all([lane(), lane()]);
  return verdicts;
}

/** The shortest few, each so that it can be tried by hand. */
export function faultsOf(verdicts: readonly Verdict[]) {
  const byText = new Map(verdicts.filter(({ fault }) => fault !== undefined).map((each) => [each.template.text, each]));
  return [...byText.values()]
    .sort((a, b) => a.template.text.length - b.template.text.length)
    .slice(0, 12)
    .map(({ template: { text }, values, shell, fault }) => ({
      text,
      values: Object.fromEntries(values),
      shell,
      fault,
    }));
}
