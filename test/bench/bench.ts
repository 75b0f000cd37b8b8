/** `bun run bench`: each figure as a ratio to something measured in the same run; a table, then the same as JSON. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "../../build.ts";
import { compiledProgram } from "../support/sandbox.ts";
import { type Bench, type Figure, figures } from "./figures.ts";

const folder = await mkdtemp(join(tmpdir(), "garza-bench-"));
try {
  const bench = await prepare();
  const results: (Figure & { ratio: number; holds: boolean })[] = [];
  for (const [name, measure] of Object.entries(figures)) {
    process.stderr.write(`${name} …\n`);
    const figure = await measure(bench);
    const ratio = figure.value / figure.against;
    results.push({ ...figure, ratio, holds: ratio <= figure.bar });
  }
  const names = Object.keys(figures);
  console.table(Object.fromEntries(results.map((one, at) => [names[at], row(one)])));
  console.log(JSON.stringify(Object.fromEntries(results.map((one, at) => [names[at], one]))));
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

function row(one: Figure & { ratio: number; holds: boolean }) {
  const shown = (value: number) => `${Number(value.toPrecision(3))} ${one.unit}`;
  return {
    measured: shown(one.value),
    against: `${shown(one.against)} (${one.baseline})`,
    ratio: one.ratio.toFixed(2),
    bar: one.bar,
    holds: one.holds,
  };
}
