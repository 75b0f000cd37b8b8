/** What `declare` and its like make of variables: what is assigned to them later is calculated, or taken for a name. */
import { invocations } from "../invocations.ts";
import { readArguments } from "../options.ts";
import type { Command } from "../syntax.ts";
import { assignmentArgument, literal } from "../words.ts";

export type Declared = {
  /** `declare -i` */
  numbers: ReadonlySet<string>;
  /** `declare -n` */
  references: ReadonlySet<string>;
  /** `declare -a`, `declare -A`, `v=(…)` */
  arrays: ReadonlySet<string>;
};

export function declaredVariables(commands: readonly Command[]): Declared {
  const numbers = new Set<string>();
  const references = new Set<string>();
  const arrays = new Set<string>();
  for (const command of commands) {
    for (const word of command.kind === "simple" ? command.assignments : []) {
      const found = assignmentArgument(word);
      if (found?.value.some(({ kind }) => kind === "array")) arrays.add(found.name);
    }
  }
  for (const { name = "", args } of commands.flatMap((command) =>
    command.kind === "simple" ? invocations(command) : [],
  )) {
    if (!isDeclaring.test(name)) continue;
    const { options, operands } = readArguments(args, {});
    const has = (letters: RegExp) => options.some((option) => letters.test(option.name ?? ""));
    for (const word of operands) {
      const variable = assignmentArgument(word)?.name ?? literal(word) ?? "";
      if (name === "integer" || name === "float" || has(/^-[iEF]$/)) numbers.add(variable);
      if (name === "nameref" || (name !== "export" && has(/^-n$/))) references.add(variable);
      if (has(/^-[aA]$/)) arrays.add(variable);
    }
  }
  return { numbers, references, arrays };
}

const isDeclaring = /^(?:export|readonly|local|declare|typeset|integer|float|nameref)$/;
