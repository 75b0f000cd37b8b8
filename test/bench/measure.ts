/** What figures are made of. */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";

export type Bench = { folder: string; program: string; empty: string };

/** `value` and `against` in the same unit; the bar is for the ratio of the two. Without one it is only told. */
export type Figure = { value: number; against: number; unit: string; baseline: string; bar?: number };

/** One figure, or several that share what it takes to measure them, by what is added to the name. */
export type Measure = (bench: Bench) => Promise<Figure | Record<string, Figure>>;

export const operation = "operation: { name: bench, type: maintain, description: Measured }\n";
export const noop = `${operation}steps:\n  - { type: set, name: one, values: { a: 1 } }\n`;

export const median = (values: readonly number[]): number => percentile(values, 0.5);

export function percentile(values: readonly number[], part: number): number {
  return [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN;
}

/** Milliseconds that it takes. */
export async function timed(work: () => unknown): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/**
 * Milliseconds of both, in turns, so that noise of the machine hits both: the median, and what makes its ratio to
 * the other one the median of the rounds' own ratios. The first round warms up.
 */
export const inTurns = (rounds: number, one: () => unknown, other: () => unknown) =>
  paired(
    rounds,
    () => timed(one),
    () => timed(other),
  );

/** The same for what measures its milliseconds itself. */
export async function paired(rounds: number, one: () => Promise<number>, other: () => number | Promise<number>) {
  const times: { value: number; against: number }[] = [];
  for (let round = 0; round <= rounds; round++) {
    const against = await other();
    times.push({ value: await one(), against });
  }
  const counted = times.slice(1);
  const against = median(counted.map((each) => each.against));
  return { value: against * median(counted.map((each) => each.value / each.against)), against };
}

/** A folder that is gone afterwards: some of them are large. */
export async function withFolder<Result>({ folder }: Pick<Bench, "folder">, work: (made: string) => Promise<Result>) {
  const made = await mkdtemp(join(folder, "made-"));
  try {
    return await work(made);
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}
