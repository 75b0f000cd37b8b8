/**
 * Whether values stayed what they are: a script with hostile values must run what the same script with plain values
 * runs, the plain values replaced by the hostile ones; or both are refused, or the hostile values are.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Row, Use } from "./shell-draft.ts";
import type { Render, Rendering } from "./shell-render.ts";
import { type Run, runBatch, type Shell } from "./shell-run.ts";

export type Template = {
  text: string;
  /** By parameter. */
  uses: ReadonlyMap<string, Use>;
  /**
   * The script lets the shell take apart what a program printed or a variable holds (an unquoted `$v`), which is its
   * author's doing: only commands count then, not words.
   */
  anyWords?: boolean;
};
export type Values = ReadonlyMap<string, string | readonly string[]>;
export type Case = { template: Template; values: Values };

export type Verdict = Case & {
  shell: Shell;
  /** The code, where one of the two was refused. */
  refused?: string;
  /** Refused whatever the values are. */
  place: boolean;
  /** What the values did that they must not. */
  fault?: string;
  /** A value became a command. */
  injected: boolean;
  /** The kinds of places whose values a program received. */
  reached: readonly Row[];
};

type Surroundings = { shell: Shell; folder: string; render: Render };

/** Uses the folder for a while and removes it. */
export async function judge(cases: readonly Case[], { shell, folder, render }: Surroundings): Promise<Verdict[]> {
  const pairs = cases.map(({ template, values }) => {
    const plain = plainValues(values);
    const renderWith = render(template);
    return { template, values, plain, calm: renderWith(plain), hostile: renderWith(values) };
  });
  const accepted = [...pairs.entries()].filter(([, { calm, hostile }]) => !calm.refused && !hostile.refused);
  const scripts = (side: "calm" | "hostile") => new Map(accepted.map(([index, pair]) => [index, pair[side].script]));
  const calm = await runBatch(shell, scripts("calm"), join(folder, "calm"));
  const hostile = await runBatch(shell, scripts("hostile"), join(folder, "hostile"));
  rmSync(folder, { recursive: true });
  const verdicts = pairs.map((pair, index) => {
    const ran = { calm: calm.runs.get(index) ?? [], hostile: hostile.runs.get(index) ?? [] };
    return { shell, ...verdictOf(pair, ran) };
  });
  if (hostile.pwned && !verdicts.some(({ injected }) => injected)) throw new Error("PWNED was made unseen");
  return verdicts;
}

type Pair = Case & { plain: Values; calm: Rendering; hostile: Rendering };

function verdictOf(pair: Pair, ran: { calm: Run[]; hostile: Run[] }): Omit<Verdict, "shell"> {
  const { template, values, plain, calm, hostile } = pair;
  const verdict = { template, values, place: false, injected: false, reached: [] };
  if (calm.refused !== undefined) {
    const alike = hostile.refused !== undefined;
    const fault = alike ? {} : { fault: `${calm.refused} refuses only plain values` };
    return { ...verdict, ...fault, refused: calm.refused, place: true };
  }
  if (hostile.refused !== undefined) {
    const fault = isJust(hostile.refused, pair)
      ? {}
      : { fault: `${hostile.refused} refuses values that can stand there` };
    return { ...verdict, ...fault, refused: hostile.refused };
  }
  const injected = ran.hostile.some(({ program }) => program !== "A");
  const want = replaced(ran.calm, plain, values);
  const same = template.anyWords === true || Bun.deepEquals(sorted(want), sorted(ran.hostile));
  if (injected || !same) {
    const fault = `${injected ? "a command was injected" : "other words"}: ${shown(ran.hostile)}, not ${shown(want)}`;
    return { ...verdict, injected, fault };
  }
  return { ...verdict, reached: reachedRows(template, plain, JSON.stringify(ran.calm)) };
}

/** Pipelines and coprocesses run side by side: who of them is first is anybody's guess. */
const sorted = (runs: Run[]) => runs.map((run) => JSON.stringify(run)).sort();

const shown = (runs: Run[]) => JSON.stringify(runs).slice(0, 600);

/** Words that mean nothing to a shell, each found nowhere else. */
function plainValues(values: Values): Values {
  const markOf = (name: string, at: number) => `<${name}.${at}>`.replace("<", "Q").replace(">", "Q");
  return new Map(
    [...values].map(([name, value]) => [
      name,
      typeof value === "string" ? markOf(name, 0) : value.map((_, index) => markOf(name, index)),
    ]),
  );
}

function replaced(runs: Run[], plain: Values, values: Values): Run[] {
  const hostileOf = new Map<string, string>();
  for (const [name, marks] of plain) {
    const items = [values.get(name) ?? []].flat();
    for (const [index, mark] of [marks].flat().entries()) hostileOf.set(mark, items[index] ?? "");
  }
  const swap = (text: string) => text.replaceAll(/Q[a-z]+\d+\.\d+Q/g, (mark) => hostileOf.get(mark) ?? mark);
  return runs.map(({ program, args, more }) => ({ program, args: args.map(swap), more: swap(more) }));
}

/** A comment was reached when its script ran; nothing shows its value. */
function reachedRows({ uses }: Template, plain: Values, ran: string): Row[] {
  const isReached = ([name, { row }]: [string, Use]) =>
    row === "comment" ? ran !== "[]" : [plain.get(name) ?? []].flat().some((mark) => ran.includes(mark));
  return [...uses].filter(isReached).map(([, { row }]) => row);
}

/** Whether one of the values is what the code is about. */
function isJust(code: string, { template, values }: Pair): boolean {
  const texts = [...values].flatMap(([name, value]) =>
    [value].flat().map((text) => ({ text, use: template.uses.get(name) })),
  );
  const tests: Record<string, (text: string) => boolean> = {
    E_EMPTY: (text) => text === "",
    E_NUL: (text) => text.includes("\0"),
    E_UTF8: (text) => !text.isWellFormed(),
    E_TOO_LONG: (text) => Buffer.byteLength(text) > 65_536,
    E_ARITH: () => true,
  };
  if (code === "E_LEADING_DASH") return texts.some(({ text, use }) => text.startsWith("-") && use?.kind !== "dash");
  const test = tests[code];
  return test !== undefined && texts.some(({ text }) => test(text));
}
