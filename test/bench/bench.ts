/**
 * `bun run bench [WORD …]`: each figure as a ratio to something measured in the same run; a table, then the same as
 * JSON. With words, only the figures whose names have one of them.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "../../build.ts";
import { compiledProgram } from "../support/sandbox.ts";
import { figures } from "./figures.ts";
import type { Bench, Figure } from "./measure.ts";

type Result = Figure & { ratio: number; holds?: boolean };

const folder = await mkdtemp(join(tmpdir(), "garza-bench-"));
try {
  const bench = await prepare();
  const results: Record<string, Result> = {};
  for (const [name, measure] of Object.entries(figures).filter(([each]) => isWanted(each))) {
    process.stderr.write(`${name} …\n`);
    const measured = await measure(bench);
    const several = isOne(measured) ? { [name]: measured } : prefixed(name, measured);
    for (const [each, figure] of Object.entries(several)) results[each] = judged(figure);
  }
  console.table(Object.fromEntries(Object.entries(results).map(([name, one]) => [name, row(one)])));
  console.log(JSON.stringify(results));
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** An empty program, compiled like the real one, is what starting it is compared with. */
async function prepare(): Promise<Bench> {
  const entry = join(folder, "empty.ts");
  await Bun.write(entry, "export {};\n");
  const empty = join(folder, "empty");
  await compile({ entry, outfile: empty });
  return { folder, program: compiledProgram(), empty };
}

function isWanted(name: string): boolean {
  const words = process.argv.slice(2);
  return words.length === 0 || words.some((word) => name.includes(word));
}

function isOne(measured: Figure | Record<string, Figure>): measured is Figure {
  return typeof measured.value === "number";
}

function prefixed(name: string, measured: Record<string, Figure>): Record<string, Figure> {
  return Object.fromEntries(Object.entries(measured).map(([each, figure]) => [`${name}: ${each}`, figure]));
}

/** Without a bar it is only told. */
function judged(figure: Figure): Result {
  const ratio = figure.value / figure.against;
  return { ...figure, ratio, ...(figure.bar !== undefined && { holds: ratio <= figure.bar }) };
}

function row({ value, against, unit, baseline, ratio, bar, holds }: Result) {
  const shown = (amount: number) => `${Number(amount.toPrecision(3))} ${unit}`.trim();
  return {
    measured: shown(value),
    against: `${shown(against)} (${baseline})`,
    ratio: ratio.toPrecision(3),
    bar: bar ?? "",
    holds: holds ?? "",
  };
}
