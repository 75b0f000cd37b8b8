/** A plan for a person: what would be looked at, locked, run and changed, in this order. */
import type { Plan, PlanStep } from "../agent/plan.ts";
import { showSafe } from "../core/redact.ts";
import { toText } from "../core/value.ts";
import { oneLine, type Paint, table } from "./output.ts";

export function planText(plan: Plan, paint: Paint): string {
  const sections: [string, string[]][] = [
    ["Parameters", parameterLines(plan)],
    ["Prerequisites", plan.prerequisites.flatMap((each) => prerequisiteLines(each, paint))],
    [
      "Locks",
      plan.locks.map(
        ({ resource, held_by: by }) =>
          `  ${oneLine(resource)}${by ? paint.odd(`  held by ${oneLine(by)} now`) : "  free"}`,
      ),
    ],
    ["Steps", plan.steps.flatMap((step) => stepLines(step, 1, paint))],
    ["If a step fails", plan.rollback.flatMap((step) => stepLines(step, 1, paint))],
    ["State", plan.diffs.flatMap((each) => diffLines(each, paint))],
  ];
  const written = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => [paint.strong(title), ...lines].join("\n"));
  return `${[paint.strong(oneLine(plan.template)), ...written].join("\n\n")}\n`;
}

function parameterLines({ parameters }: Plan): string[] {
  const rows = Object.entries(parameters).map(([name, value]) => [
    `  ${oneLine(name)}`,
    oneLine(typeof value === "string" ? value : JSON.stringify(value)),
  ]);
  return rows.length === 0 ? [] : table(rows).split("\n");
}

function prerequisiteLines({ check, command, where, result }: Plan["prerequisites"][number], paint: Paint): string[] {
  const found =
    result === undefined ? "" : result === "holds" ? paint.good("  holds") : paint.bad(`  ${oneLine(result)}`);
  return [
    `  ${oneLine(check)}${found}`,
    ...textLines(`${command}${where === "here" ? "" : `   on ${where}`}`, "      $ "),
  ];
}

function stepLines(step: PlanStep, depth: number, paint: Paint): string[] {
  const indent = "  ".repeat(depth);
  const notes = [
    step.where === "here" ? "" : `on ${oneLine(step.where)}`,
    conditionText(step),
    step.cannot_fail ? "can't stop the operation" : "",
  ].filter(Boolean);
  return [
    `${indent}${oneLine(step.name)}  ${paint.faint([step.type, ...notes].join(", "))}`,
    ...step.lines.flatMap(({ label, text }) =>
      textLines(text, `${indent}    ${label === "command" ? "" : `${label}: `}`),
    ),
    ...step.nested.flatMap(({ key, steps }) => [
      `${indent}  ${paint.faint(`${oneLine(key)}:`)}`,
      ...steps.flatMap((nested) => stepLines(nested, depth + 2, paint)),
    ]),
  ];
}

function conditionText({ condition, decided }: PlanStep): string {
  if (condition === null) return "";
  const known = decided === null ? "only a run can know" : decided ? "holds" : "does not hold: skipped";
  return `when ${oneLine(toText(condition))} (${known})`;
}

/** Scripts keep their lines, each under the first one. */
function textLines(text: string, prefix: string): string[] {
  const [first = "", ...rest] = showSafe(text.trimEnd()).split("\n");
  return [prefix + first, ...rest.map((line) => " ".repeat(prefix.length) + line)];
}

function diffLines({ file, diff }: Plan["diffs"][number], paint: Paint): string[] {
  const lines = showSafe(diff)
    .split("\n")
    .map((line) => {
      const painted = line.startsWith("+") ? paint.good(line) : line.startsWith("-") ? paint.bad(line) : line;
      return `    ${painted}`;
    });
  return [`  ${oneLine(file)}`, ...lines];
}
