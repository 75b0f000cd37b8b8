/** A template for someone who wants to run it. */
import { toText } from "../core/value.ts";
import { usageLine } from "../template/parameters.ts";
import type { Parameter, Step, Template } from "../template/template.ts";
import { oneLine, type Paint, table } from "./output.ts";

export function templateText(template: Template, paint: Paint): string {
  const { name, operation, parameters, prerequisites, steps, rollback } = template;
  const head = [paint.strong(oneLine(name)), oneLine(operation.description), "", oneLine(usageLine(template))];
  const sections: [string, string[]][] = [
    ["Parameters", parameters.length > 0 ? table(parameters.map(parameterRow)).split("\n") : []],
    ["Prerequisites", prerequisites.map(({ check }) => `  ${oneLine(check)}`)],
    ["Steps", steps.flatMap((step) => stepLines(step, 1, paint))],
    ["If a step fails", rollback.steps.flatMap((step) => stepLines(step, 1, paint))],
  ];
  const written = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => [paint.strong(title), ...lines].join("\n"));
  return `${[head.join("\n"), ...written].join("\n\n")}\n`;
}

function parameterRow(parameter: Parameter): string[] {
  const { name, type, required, description } = parameter;
  const has = Object.hasOwn(parameter, "default");
  const need = has ? `default ${JSON.stringify(parameter.default)}` : required ? "must be given" : "optional";
  const choice = parameter.enum ? `one of ${parameter.enum.map(toText).join(", ")}` : "";
  return [
    `  ${name}`,
    type,
    need,
    [description, choice]
      .filter((text) => text)
      .map((text) => oneLine(text ?? ""))
      .join("; "),
  ].map(oneCell);
}

/** The indentation is part of the first cell. */
const oneCell = (cell: string) => (cell.startsWith("  ") ? `  ${oneLine(cell)}` : oneLine(cell));

function stepLines(step: Step, depth: number, paint: Paint): string[] {
  const nested = Object.values(step.nested).flat();
  return [
    `${"  ".repeat(depth)}${oneLine(step.name)}  ${paint.faint(step.type)}`,
    ...nested.flatMap((inner) => stepLines(inner, depth + 1, paint)),
  ];
}
