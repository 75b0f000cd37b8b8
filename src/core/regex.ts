/** Patterns that people write: plain text, or `/regex/flags`, run by an engine that cannot backtrack without end. */
import { messageOf, problem } from "./problem.ts";

/** Whether the expression is found somewhere in a text. */
export type TextTest = (text: string) => boolean;

/**
 * The test behind `/regex/flags` (flags: i, m, s); undefined where the pattern is plain text, whose meaning
 * (equal, contained) is the caller's. Throws `value-refused` for an expression that RE2 does not accept.
 */
export async function compileRegex(pattern: string): Promise<TextTest | undefined> {
  const written = readRegex(pattern);
  if (!written) return undefined;
  const { RE2JS } = await import("re2js");
  const bits: Record<string, number> = { i: RE2JS.CASE_INSENSITIVE, m: RE2JS.MULTILINE, s: RE2JS.DOTALL };
  const flags = [...written.flags].reduce((sum, flag) => sum | (bits[flag] ?? 0), 0);
  try {
    const regex = RE2JS.compile(written.source, flags);
    return (text) => regex.matcher(text).find();
  } catch (error) {
    throw refused(pattern, messageOf(error), error);
  }
}

/** The parts of `/regex/flags`, or undefined for plain text (`/usr/bin` is plain: `bin` are no flags). */
export function readRegex(pattern: string): { source: string; flags: string } | undefined {
  const [, source, flags] = /^\/(.+)\/([imsgu]*)$/s.exec(pattern) ?? [];
  return source === undefined || flags === undefined ? undefined : { source: source.replaceAll("\\/", "/"), flags };
}

const refused = (pattern: string, why: string, cause: unknown) =>
  problem(
    {
      kind: "value-refused",
      code: "E_REGEX",
      where: pattern,
      message: why.replace(/^error parsing regexp: /, ""),
      hint: "Patterns are RE2: without look-around and back-references.",
    },
    cause,
  );
