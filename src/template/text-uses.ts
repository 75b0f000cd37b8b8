/** The texts of a template, each in its language: what is wrong with them, and which names they refer to. */
import { checkKind } from "./check-kind.ts";
import { type Expression, ExpressionError, parseExpression } from "./expression.ts";
import { isText, type Node, type ScalarNode, textsIn } from "./node.ts";
import type { Use } from "./reading.ts";
import { isRaw, type Reference, references } from "./references.ts";
import type { Report } from "./report.ts";
import { placeInScalar } from "./scalar-place.ts";
import { checkShell, type PlaceholderTraits } from "./shell/check.ts";
import { shellCode } from "./shell/code.ts";
import { readScript } from "./shell/script.ts";
import { checkStatePath } from "./state-path-text.ts";
import type { KeyLanguage } from "./step-type.ts";
import { parseText, type TextPart, wholeExpression } from "./text.ts";
import { checkWords } from "./words.ts";

export type TextChecking = {
  report: Report;
  /** What is known of the placeholder `${source}`. */
  traits: (source: string) => PlaceholderTraits;
  /** Whether someone outside may choose the value of a parameter: an event, a webhook. */
  isSetByTrigger: (parameter: string) => boolean;
};

/** What the texts below a key refer to. Their faults are left in the report. */
export function usesIn(node: Node, language: KeyLanguage, checking: TextChecking): Use[] {
  const texts = [...textsIn(node)];
  if (language !== "state-updates" || node.kind !== "mapping") {
    return texts.flatMap((text) => usesOf(text, language, checking));
  }
  return node.entries.flatMap(({ key, value }) => [
    ...usesOf(key, "state-path", checking),
    ...[...textsIn(value)].flatMap((text) => usesOf(text, "text", checking)),
  ]);
}

/** `check:` of a step is a condition where it reads as one, else a command. */
export function usesInCheck(node: Node, checking: TextChecking): Use[] {
  if (!isText(node)) return [];
  return usesOf(node, checkKind(node.value) === "condition" ? "condition" : "shell", checking);
}

type Text = ScalarNode & { value: string };

function usesOf(text: Text, language: KeyLanguage, checking: TextChecking): Use[] {
  const { report } = checking;
  try {
    const found = language === "condition" ? ofCondition(text) : ofText(text, language, checking);
    return found.map(({ offset, ...reference }) => ({
      ...reference,
      place: () => placeInScalar(text, offset),
      language,
      whole: !/^\s*[.[]/.test(text.value.slice(offset + reference.root.length, offset + reference.root.length + 80)),
    }));
  } catch (thrown) {
    if (!(thrown instanceof ExpressionError)) throw thrown;
    reportExpression(thrown, text, report);
    return [];
  }
}

function reportExpression({ offset, code, message, hint }: ExpressionError, text: Text, report: Report): void {
  report.error(placeInScalar(text, offset), code, message, hint);
}

const ofCondition = (text: Text) => references(parseExpression(text.value), true);

function ofText(text: Text, language: KeyLanguage, checking: TextChecking): Reference[] {
  if (language === "shell") checkCommand(text, checking);
  const faults =
    language === "git" ? checkWords(text.value) : language === "state-path" ? checkStatePath(text.value) : [];
  for (const fault of faults) reportExpression(fault, text, checking.report);
  if (faults.length > 0 || !text.value.includes("${")) return [];
  const parts = parseText(text.value);
  const filledIn = language === "shell" ? outsideComments(text.value, parts, checking) : parts;
  return filledIn.flatMap((part) => (part.kind === "expression" ? references(part.expression) : []));
}

/** Nothing is filled in where the shell reads a comment. */
function outsideComments(text: string, parts: TextPart[], { traits }: TextChecking): TextPart[] {
  if (!text.includes("#") || text.length > longestScript) return parts;
  const code = shellCode(parts, () => undefined);
  const { comments } = readScript(code, traits);
  const inComments = new Set([...comments].map((index) => code.placeholders.get(index)));
  return parts.filter((part) => part.kind === "literal" || !inComments.has(part));
}

const longestScript = 64 * 1024;

function checkCommand(text: Text, checking: TextChecking): void {
  const { report, traits } = checking;
  if (!text.value.includes("${")) return;
  if (text.value.length > longestScript) {
    report.error(text.at, "too-long", "a command with values in it is longer than 64 KiB", "Put it into a `script`.");
    return;
  }
  const whole = wholeExpression(text.value.trim());
  if (whole) {
    checkHandedOver(whole, text, checking);
    return;
  }
  for (const { code, severity, message, hint, offset } of checkShell(text.value, traits)) {
    const at = placeInScalar(text, offset);
    if (severity === "error") report.error(at, code, message, hint);
    else report.warn(at, code, message, hint);
  }
  for (const part of parseText(text.value)) {
    if (part.kind !== "expression" || !isRaw(part.expression)) continue;
    const message = `\${${part.source}} is put into the command as it is, unescaped`;
    report.warn(placeInScalar(text, part.offset), "raw", message);
  }
}

/** A command that is one `${…}` runs as it is. */
function checkHandedOver(whole: Expression, text: Text, { report, isSetByTrigger }: TextChecking): void {
  const outside = references(whole).find(({ root, path }) => path.length === 0 && isSetByTrigger(root));
  if (outside) {
    const message = `the whole command is \${${outside.root}}, which a trigger may set`;
    report.error(text.at, "whole-command", message, "Write the command out and put the value in one of its words.");
  } else {
    report.warn(text.at, "whole-command", "the whole command is a value: it runs as it is, whatever it holds");
  }
}
