import { Composer, Lexer, Parser, type Document as YamlDocument } from "yaml";
import { problem } from "../core/problem.ts";
import type { Node } from "./node.ts";
import { Report } from "./report.ts";
import { reportSyntax } from "./syntax-faults.ts";
import { readTree } from "./tree.ts";

/** `name` is how the template is called, `file` what faults say. */
export type Source = { name: string; file: string; text: string };

export type Document = {
  /** Line ends `\n`, no byte order mark. */
  text: string;
  /** Missing when the text holds nothing that could be looked at. */
  root?: Node;
  report: Report;
  /** Where the first fault of syntax stands: from there on the tree is a guess. */
  soundUpTo: number;
};

const maxBytes = 1024 * 1024;
/** More than anyone writes by hand; keeps recursion shallow everywhere else. */
const maxDepth = 100;
const maxSyntaxFaults = 100;

/** Reads YAML 1.2 (core schema) with positions. Faults are left in the report; nothing is thrown. */
export function readDocument(source: Omit<Source, "name">): Document {
  const text = source.text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
  const report = new Report(source.file, text);
  const broken = { text, report, soundUpTo: 0 };
  if (Buffer.byteLength(text) > maxBytes) {
    report.error(0, "too-large", "the file is larger than 1 MiB");
    return broken;
  }
  reportCharacters(text, report);
  const composed = compose(text, report);
  if (!composed) return broken;
  const soundUpTo = Math.min(reportSyntax(composed.yaml, text, report), composed.cutAt);
  const root = readTree(composed.yaml, text, report);
  return { text, report, soundUpTo, ...(root ? { root } : {}) };
}

/** The faults so far as an error, if there is one among them. */
export function throwFaults(report: Report): void {
  const faults = report.faults();
  if (faults.some(({ severity }) => severity === "error")) throw problem({ kind: "template-invalid", faults });
}

/** `cutAt`: from there on nothing was read. */
function compose(text: string, report: Report): { yaml: YamlDocument.Parsed; cutAt: number } | undefined {
  const parser = new Parser();
  const composer = new Composer({ version: "1.2", schema: "core", uniqueKeys: false, prettyErrors: false });
  const documents: YamlDocument.Parsed[] = [];
  let tooDeepAt: number | undefined;
  const tokens = function* () {
    let faults = 0;
    for (const lexeme of new Lexer().lex(text)) {
      for (const token of parser.next(lexeme)) {
        if (token.type === "error") faults += 1;
        yield token;
      }
      // Checked here because composing recurses: a megabyte of `[` would exhaust the stack.
      if (parser.stack.length > maxDepth) tooDeepAt = parser.offset;
      if (tooDeepAt !== undefined || faults > maxSyntaxFaults || documents.length > 1) break;
    }
    yield* parser.end();
  };
  for (const token of tokens()) documents.push(...composer.next(token));
  documents.push(...composer.end(documents.length === 0, text.length));

  const [first, second] = documents;
  if (second)
    report.error(second.range[0], "two-documents", "a second document begins here: a file holds one template");
  if (!first) return undefined;
  if (tooDeepAt === undefined) {
    if (!first.contents && first.errors.length === 0) report.error(0, "empty", "the file is empty", firstWords);
    return { yaml: first, cutAt: Number.POSITIVE_INFINITY };
  }
  report.error(tooDeepAt, "too-deep", `nested more than ${maxDepth} levels deep`);
  // What is objected to from there on comes from reading no further.
  const cutAt = text.lastIndexOf("\n", tooDeepAt) + 1;
  first.errors = first.errors.filter(({ pos }) => pos[0] < cutAt);
  return { yaml: first, cutAt };
}

const firstWords = "A template begins with `operation:`.";

/** YAML allows no control characters, and a terminal would obey them. */
function reportCharacters(text: string, report: Report): void {
  const control = /[\0-\x08\x0B-\x1F\x7F-\x9F]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;
  for (const { 0: character, index } of text.matchAll(control)) {
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    report.error(index, "control-character", `the character U+${code} can't stand in a template`);
    return;
  }
}
