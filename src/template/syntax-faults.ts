import { visit, type YAMLError, type Document as YamlDocument } from "yaml";
import type { Report } from "./report.ts";

/** Tells what YAML itself objects to; returns where the tree stops being what the author meant. */
export function reportSyntax(document: YamlDocument.Parsed, text: string, report: Report): number {
  let soundUpTo = Number.POSITIVE_INFINITY;
  const lines = new Set<number>();
  for (const fault of [...document.errors, ...document.warnings]) {
    // One slip brings a row of objections: the first of a line says it.
    const { line } = report.place(fault.pos[0]);
    if (lines.has(line) || (lines.size > 0 && isLeftOver(fault))) continue;
    lines.add(line);
    const said = fault.message.startsWith("Missing closing") ? openQuote(fault, document) : explain(fault, text);
    report.error(said.at, said.code, said.message, said.hint);
    if (!said.harmless) soundUpTo = Math.min(soundUpTo, lineAt(text, said.at).start);
  }
  return soundUpTo;
}

/** What comes behind the end of a document that an earlier fault has cut short. */
const isLeftOver = ({ message }: YAMLError) => / token in YAML (stream|document)/.test(message);

/** YAML notices only at the end of the text; the place to look at is the opening quote. */
function openQuote(fault: YAMLError, document: YamlDocument.Parsed): Said {
  let at = fault.pos[0];
  visit(document, {
    Scalar: (_, node) => {
      if (node.type?.startsWith("QUOTE") && node.range && node.range[1] >= fault.pos[0]) at = node.range[0];
    },
  });
  return { at, code: "syntax", message: "this quote is never closed" };
}

/** `harmless`: the tree is right all the same. */
type Said = { at: number; code: string; message: string; hint?: string; harmless?: boolean };

function explain(fault: YAMLError, text: string): Said {
  const at = Math.min(fault.pos[0], text.length);
  const line = lineAt(text, at);
  const indentation = /^[ \t]*/.exec(line.text)?.[0] ?? "";
  const tab = indentation.indexOf("\t");
  if (fault.code === "TAB_AS_INDENT" || (tab >= 0 && fault.code === "BAD_INDENT")) {
    const where = fault.code === "TAB_AS_INDENT" ? at : line.start + tab;
    const message = "a tab is used as indentation";
    return { at: where, code: "tab", message, hint: "Indent with blanks." };
  }
  if (fault.code === "TAG_RESOLVE_FAILED") {
    return { at, code: "tag", message: lowerFirst(fault.message), hint: "Templates use no tags.", harmless: true };
  }
  if (fault.code === "BAD_INDENT" && fault.message.startsWith("All mapping items")) {
    return amongItems(line, text) ?? { at: line.firstAt, code: "indentation", message: misplaced, harmless: true };
  }
  return {
    at,
    code: "syntax",
    message: messages[fault.code] ?? lowerFirst(fault.message),
    ...quotingHint(line.text, fault.code),
  };
}

const misplaced = "this key is not at the column of the keys above it";

const messages: Partial<Record<YAMLError["code"], string>> = {
  BLOCK_AS_IMPLICIT_KEY: "a second `key: value` begins in the middle of a line",
  MULTILINE_IMPLICIT_KEY: "a key and its colon must stand on one line",
  MULTIPLE_ANCHORS: "a node can have at most one anchor",
  RESOURCE_EXHAUSTION: "nested too deep",
};

const lowerFirst = (message: string) => message.charAt(0).toLowerCase() + message.slice(1);

function quotingHint(line: string, code: YAMLError["code"]): { hint?: string } {
  const bracket = line.search(/[[{]/);
  if (bracket >= 0 && line.indexOf("${", bracket) > bracket)
    return { hint: "Inside [ ] and { }, text with ${…} must be in quotes." };
  if (line.includes("${"))
    return { hint: "Put the text in quotes: it holds `: `, `#` or quotes that YAML reads itself." };
  if (code === "BLOCK_AS_IMPLICIT_KEY") return { hint: "Put text that holds `: ` in quotes." };
  return {};
}

/** A key at the column of the list items above it: the frequent mistake. */
function amongItems(line: Line, text: string): Said | undefined {
  const key = /^ *([^\s#:]+):(\s|$)/.exec(line.text)?.[1];
  const column = line.firstAt - line.start;
  if (key === undefined) return undefined;
  let sawItem = false;
  for (let above = lineBefore(text, line); above; above = lineBefore(text, above)) {
    if (/^\s*(#|$)/.test(above.text)) continue;
    const indent = above.firstAt - above.start;
    if (indent === column && /^ *-(\s|$)/.test(above.text)) sawItem = true;
    if (indent >= column) continue;
    const dashes = /^(?: *- +)*/.exec(above.text)?.[0].length ?? 0;
    const owner = /^([^\s:]+):\s*(#|$)/.exec(above.text.slice(dashes).trimStart())?.[1];
    if (!sawItem || owner === undefined) return undefined;
    const belongs = Math.max(indent, dashes) + 1;
    return {
      at: line.firstAt,
      code: "indentation",
      message: `\`${key}\` stands at the indentation of the list items above it`,
      hint: `It belongs in column ${belongs}, below \`${owner}:\`.`,
      harmless: true,
    };
  }
  return undefined;
}

type Line = { start: number; text: string; firstAt: number };

function lineAt(text: string, at: number): Line {
  const start = text.lastIndexOf("\n", at - 1) + 1;
  const end = text.indexOf("\n", at);
  const line = text.slice(start, end < 0 ? undefined : end);
  return { start, text: line, firstAt: start + Math.max(0, line.search(/[^ ]/)) };
}

function lineBefore(text: string, line: Line): Line | undefined {
  return line.start === 0 ? undefined : lineAt(text, line.start - 1);
}
