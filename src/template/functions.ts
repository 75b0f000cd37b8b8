/** The functions of the expression language: the whole table, by subject. */
import type { Value } from "../core/value.ts";
import { isEmpty } from "../core/value.ts";
import type { LanguageFunction } from "./function.ts";
import { listFunctions } from "./functions-list.ts";
import { patternFunctions } from "./functions-pattern.ts";
import { textFunctions } from "./functions-text.ts";
import { worldFunctions } from "./functions-world.ts";

const choiceFunctions = {
  default: {
    usage: "default(value, otherwise)",
    least: 2,
    most: 2,
    call: ([value = null, otherwise = null]: Value[]) => (isEmpty(value) ? otherwise : value),
  },
  raw: {
    usage: "raw(value): in a command, the value as shell text",
    least: 1,
    most: 1,
    call: ([value = null]: Value[]) => value,
  },
} satisfies Record<string, LanguageFunction>;

export const functions: Readonly<Record<string, LanguageFunction>> = {
  ...choiceFunctions,
  ...textFunctions,
  ...patternFunctions,
  ...listFunctions,
  ...worldFunctions,
};
