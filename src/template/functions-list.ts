/** Functions on lists, mappings, JSON and numbers. */
import { forbiddenKeys, isEmpty, isMapping, type Mapping, toText, type Value } from "../core/value.ts";
import { asNumber, kindOf, looseEquals, order, sameValue } from "./comparison.ts";
import { type FunctionCall, type LanguageFunction, textOf } from "./function.ts";

export const listFunctions = {
  join: {
    usage: "join(list, separator): the separator is ', ' when it is left out",
    least: 1,
    most: 2,
    call: ([list, separator = ", "], call) => listOf(list, call).map(toText).join(textOf(separator, call)),
  },
  contains: {
    usage: "contains(text, part), contains(list, element), contains(mapping, key)",
    least: 2,
    most: 2,
    asks: true,
    call: ([whole, part = null], call) => contains(whole, part, (why) => call.refused(why)),
  },
  keys: { usage: "keys(mapping)", least: 1, most: 1, call: ([value], call) => Object.keys(mappingOf(value, call)) },
  values: {
    usage: "values(mapping)",
    least: 1,
    most: 1,
    call: ([value], call) => Object.values(mappingOf(value, call)),
  },
  sort: { usage: "sort(list)", least: 1, most: 1, call: ([list], call) => sort(listOf(list, call), call) },
  unique: { usage: "unique(list)", least: 1, most: 1, call: ([list], call) => unique(listOf(list, call)) },
  round: {
    usage: "round(number, digits): to the nearest; digits behind the point, 0 when left out",
    least: 1,
    most: 2,
    call: ([value, digits = 0], call) => round(numberOf(value, call), numberOf(digits, call), call),
  },
  json: { usage: "json(value): as JSON text", least: 1, most: 1, call: ([value = null]) => JSON.stringify(value) },
  parseJson: {
    usage: "parseJson(text)",
    least: 1,
    most: 1,
    call: ([text], call) => parseJson(textOf(text, call), call),
  },
} satisfies Record<string, LanguageFunction>;

/** Part of a text, element of a list, key of a mapping; nothing is in empty. */
export function contains(whole: Value | undefined, part: Value, refused: (why: string) => Error): boolean {
  if (isEmpty(whole)) return false;
  if (Array.isArray(whole)) return whole.some((element) => looseEquals(element, part));
  if (typeof part === "object" && part !== null) throw refused(`can't look for ${kindOf(part)} in ${kindOf(whole)}`);
  if (isMapping(whole)) return Object.hasOwn(whole, toText(part));
  if (typeof whole !== "string") throw refused(`can't look into ${kindOf(whole)}`);
  return whole.includes(toText(part));
}

function sort(list: Value[], call: FunctionCall): Value[] {
  // Numeric texts stand among other texts as texts: mixing both orders would make a circle.
  const numeric = list.every((element) => asNumber(element) !== undefined);
  if (!numeric && !list.every((element) => typeof element === "string")) {
    throw call.refused("takes a list of texts or a list of numbers");
  }
  return list.toSorted((a, b) => (numeric ? (order(a, b) ?? 0) : byCharacters(a as string, b as string)));
}

const byCharacters = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1);

function unique(list: Value[]): Value[] {
  return list.filter((element, i) => list.findIndex((earlier) => sameValue(earlier, element)) === i);
}

function round(value: number, digits: number, call: FunctionCall): number {
  if (!Number.isInteger(digits) || digits < 0 || digits > 15) throw call.refused("takes 0 to 15 digits");
  // By its decimal writing: 1.005 * 100 is 100.49999999999999.
  const [mantissa, exponent = "0"] = String(Math.abs(value)).split("e");
  const shifted = Math.round(Number(`${mantissa}e${Number(exponent) + digits}`));
  if (shifted > Number.MAX_SAFE_INTEGER) return value;
  return shifted === 0 ? 0 : Math.sign(value) * Number(`${shifted}e-${digits}`);
}

function parseJson(text: string, call: FunctionCall): Value {
  try {
    return JSON.parse(text, (key, value: Value) => {
      if (forbiddenKeys.has(key)) throw new SyntaxError(`the key ${key} is not allowed`);
      return isMapping(value) ? Object.assign(Object.create(null) as Mapping, value) : value;
    });
  } catch {
    throw call.refused("is given text that is no JSON");
  }
}

function listOf(value: Value | undefined, call: FunctionCall): Value[] {
  if (isEmpty(value)) return [];
  if (!Array.isArray(value)) throw call.refused(`takes a list, not ${kindOf(value)}`);
  return value;
}

function mappingOf(value: Value | undefined, call: FunctionCall): Mapping {
  if (isEmpty(value)) return {};
  if (!isMapping(value)) throw call.refused(`takes a mapping, not ${kindOf(value)}`);
  return value;
}

function numberOf(value: Value | undefined, call: FunctionCall): number {
  const number = asNumber(value);
  if (number === undefined) throw call.refused(`takes a number, not ${kindOf(value)}`);
  return number;
}
