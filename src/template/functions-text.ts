/** Functions on text and paths. */
import { basename, dirname } from "node:path/posix";
import { singleQuoted } from "../core/shell-quote.ts";
import { toText, type Value } from "../core/value.ts";
import { type FunctionCall, type LanguageFunction, textOf } from "./function.ts";

const ofText = (usage: string, change: (text: string) => string): LanguageFunction => ({
  usage,
  least: 1,
  most: 1,
  call: ([value], call) => change(textOf(value, call)),
});

export const textFunctions = {
  lower: ofText("lower(text)", (text) => text.toLowerCase()),
  upper: ofText("upper(text)", (text) => text.toUpperCase()),
  trim: ofText("trim(text)", (text) => text.trim()),
  basename: ofText("basename(path)", (path) => basename(path)),
  dirname: ofText("dirname(path)", (path) => (path === "" ? "" : dirname(path))),
  split: {
    usage: "split(text, separator): a list; without a separator, of the words",
    least: 1,
    most: 2,
    call: ([text, separator], call) => split(textOf(text, call), textOf(separator, call)),
  },
  replace: {
    usage: "replace(text, old, new): every occurrence",
    least: 3,
    most: 3,
    call: ([text, old, by], call) => replace(textOf(text, call), textOf(old, call), textOf(by, call)),
  },
  startsWith: {
    usage: "startsWith(text, start)",
    least: 2,
    most: 2,
    asks: true,
    call: ([text, start], call) => textOf(text, call).startsWith(textOf(start, call)),
  },
  endsWith: {
    usage: "endsWith(text, end)",
    least: 2,
    most: 2,
    asks: true,
    call: ([text, end], call) => textOf(text, call).endsWith(textOf(end, call)),
  },
  urlencode: {
    usage: "urlencode(text)",
    least: 1,
    most: 1,
    call: ([text], call) => urlencode(textOf(text, call), call),
  },
  shellquote: {
    usage: "shellquote(text or list): one word for sh, or one per element",
    least: 1,
    most: 1,
    call: ([value], call) => shellquote(value, call),
  },
} satisfies Record<string, LanguageFunction>;

function split(text: string, separator: string): string[] {
  if (text === "") return [];
  return separator === "" ? (text.match(/\S+/g) ?? []) : text.split(separator);
}

/** By a function: `$&` in the new text stays what it is. */
function replace(text: string, old: string, by: string): string {
  return old === "" ? text : text.replaceAll(old, () => by);
}

function urlencode(text: string, call: FunctionCall): string {
  if (!text.isWellFormed()) throw call.refused("is given text that is not well-formed Unicode");
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

function shellquote(value: Value | undefined, call: FunctionCall): string {
  const words = Array.isArray(value) ? value.map(toText) : [toText(value)];
  if (words.some((word) => word.includes("\0"))) throw call.refused("is given text with a NUL character in it");
  return words.map(singleQuoted).join(" ");
}
