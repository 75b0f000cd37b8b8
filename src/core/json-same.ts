import type { JsonNode, Scalar } from "./json-tree.ts";

/** Whether two nodes have the same value, however they are written: numbers digit by digit, keys in any order. */
export function sameJson(one: JsonNode | undefined, other: JsonNode | undefined): boolean {
  if (one === other) return true;
  if (one?.kind === "scalar") return other?.kind === "scalar" && sameScalar(one, other);
  if (one?.kind === "list") {
    if (other?.kind !== "list" || one.elements.length !== other.elements.length) return false;
    return one.elements.every(({ node }, at) => sameJson(node, other.elements[at]?.node));
  }
  if (one?.kind !== "mapping" || other?.kind !== "mapping" || one.members.size !== other.members.size) return false;
  for (const [key, { node }] of one.members) if (!sameJson(node, other.members.get(key)?.node)) return false;
  return true;
}

function sameScalar(one: Scalar, other: Scalar): boolean {
  if (one.text === other.text) return true;
  if (typeof one.value !== "number" || typeof other.value !== "number") return one.value === other.value;
  return exactNumber(one.text) === exactNumber(other.text);
}

/** One spelling for each number, also beyond what a double can tell apart. */
export function exactNumber(text: string): string {
  const [, sign, whole = "", part = "", power = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + part).replace(/^0+/, "");
  let end = digits.length;
  while (digits[end - 1] === "0") end--;
  const shift = Number(power) - part.length + digits.length - end;
  return end === 0 ? "0" : `${sign}${digits.slice(0, end)}${shift === 0 ? "" : `e${shift}`}`;
}
