import type { Reading } from "./reading.ts";
import type { Step } from "./template.ts";

/** The conditionals a step stands in, and on which side. */
type Sides = ReadonlyMap<Step, "steps" | "else">;

/** Two steps of a section can't share a name, unless only one of them can ever run: `steps` and `else` of a conditional. */
export function reportDoubledNames(section: Step[], reading: Reading): void {
  const { report, written } = reading;
  const seen = new Map<string, { step: Step; sides: Sides }[]>();
  for (const { step, sides } of withSides(section, new Map())) {
    const others = seen.get(step.name) ?? [];
    const double = others.find((other) => !areApart(other.sides, sides));
    if (double) {
      const message = `two steps are called \`${step.name}\` (the other is in line ${double.step.place.line})`;
      report.error(written.get(step)?.at ?? 0, "duplicate-step", message);
    } else seen.set(step.name, [...others, { step, sides }]);
    if (step.undo.length > 0) reportDoubledNames(step.undo, reading);
  }
}

function* withSides(steps: Step[], sides: Sides): Generator<{ step: Step; sides: Sides }> {
  for (const step of steps) {
    yield { step, sides };
    for (const [key, list] of Object.entries(step.nested)) {
      const isSide = (key === "steps" || key === "else") && step.nested.else !== undefined;
      yield* withSides(list, isSide ? new Map(sides).set(step, key) : sides);
    }
  }
}

const areApart = (a: Sides, b: Sides) => [...a].some(([step, side]) => b.has(step) && b.get(step) !== side);
