import { tooLargeFile } from "../core/files.ts";
import { type JsonDocument, newDocument, readJson } from "../core/json.ts";
import { GarzaError, problem } from "../core/problem.ts";

/** Bytes. As a tree a text takes about twenty times as much memory, and a merge has three of them. */
export const largestText = 16 * 2 ** 20;

/** Blank text is what `touch` leaves, and as good as no file. */
export const isBlank = (text: string | undefined): text is undefined | "" => !text?.trim();

/** No text is an empty mapping. Throws `data-damaged` with line and column, `path-refused` for what is too large. */
export function readStateText(text: string | undefined, shown: string): JsonDocument {
  if (isBlank(text)) return newDocument();
  if (text.length > largestText) throw tooLargeFile(shown, largestText);
  try {
    return readJson(text, shown);
  } catch (thrown) {
    const marks = unfinishedMerge(text);
    if (!(thrown instanceof GarzaError) || marks === undefined) throw thrown;
    const why = `line ${marks}, column 1: here begins a conflict that a merge has left`;
    const hint = `Put right what stands between the marks <<<<<<< and >>>>>>>, and remove them: ${shown}`;
    throw problem({ kind: "data-damaged", file: shown, why, hint }, thrown);
  }
}

/** Thrown for a file that is no state file as it stands: what else is done need not fail for it. */
export const isOfFile = (thrown: unknown): thrown is GarzaError =>
  thrown instanceof GarzaError && ["data-damaged", "path-refused"].includes(thrown.problem.kind);

/** The line of the first mark. */
function unfinishedMerge(text: string): number | undefined {
  const at = text.search(/^<{7}(?: |\r?$)/m);
  return at < 0 ? undefined : text.slice(0, at).split("\n").length;
}
