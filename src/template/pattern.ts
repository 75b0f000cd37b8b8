import { RE2JS } from "re2js";

/**
 * A parameter's pattern as a test that finds it anywhere in a text, or what is wrong with it. RE2 can't
 * backtrack without end: the text may come from anyone.
 */
export function readPattern(pattern: string): ((text: string) => boolean) | string {
  try {
    const compiled = RE2JS.compile(pattern);
    return (text) => compiled.matcher(text).find();
  } catch {
    return "not a regular expression that RE2 accepts (it has no look-around and no back-references)";
  }
}
