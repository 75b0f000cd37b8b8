/** Values that no shell takes as they are. */
import type { GarzaError } from "../../core/problem.ts";
import type { Placeholder } from "../text.ts";

const longest = 65_536;

type Refuse = (fault: { code: string; message: string; hint?: string }) => GarzaError;

/** The text itself, when it can stand in a command. */
export function refuseText(text: string, { source }: Placeholder, refuse: Refuse): string {
  const value = `the value of \${${source}}`;
  if (text.includes("\0")) throw refuse({ code: "E_NUL", message: `${value} holds a NUL character` });
  if (!text.isWellFormed()) throw refuse({ code: "E_UTF8", message: `${value} is not well-formed Unicode` });
  if (Buffer.byteLength(text) > longest) {
    throw refuse({
      code: "E_TOO_LONG",
      message: `${value} is longer than 64 KiB`,
      hint: "Hand it over with stdin: or a file.",
    });
  }
  return text;
}
