import { problem } from "../core/problem.ts";
import { isMapping } from "../core/value.ts";
import type { TemplateSource } from "../template/library.ts";
import { oneLine } from "./output.ts";
import type { RunRequest } from "./request.ts";
import type { Terminal } from "./terminal.ts";
import type { View } from "./view.ts";
import { whoAsks } from "./who-asks.ts";

/** A template with `danger: high` is run only by someone who says so. Throws `not-allowed`. */
export async function confirmDanger(source: TemplateSource, request: RunRequest, terminal: Terminal): Promise<void> {
  if (!request.yes && (await isDangerous(source.text))) await refuseDanger(source.name, request, terminal);
}

/** For one that is known to be marked. */
export async function refuseDanger(name: string, { yes }: Pick<RunRequest, "yes">, terminal: Terminal): Promise<void> {
  if (yes) return;
  const next = "If it is meant: add --yes";
  if (!terminal.interactive) {
    throw problem({
      kind: "not-allowed",
      what: `${name} is marked danger: high, and nobody can be asked here`,
      next,
    });
  }
  const answer = await terminal.ask(`${oneLine(name)} is marked danger: high. Run it? [y/N] `);
  if (!isYes(answer)) throw problem({ kind: "not-allowed", what: `${name} was not run`, next });
}

export const isYes = (answer: string | null) => /^y(es)?$/i.test(answer?.trim() ?? "");

/** Most templates don't have the word, and are read only once. */
async function isDangerous(text: string): Promise<boolean> {
  if (!text.includes("danger")) return false;
  const { parseDocument } = await import("yaml");
  // Faults are the reader's to report, just after this.
  const document: unknown = parseDocument(text).toJS({ maxAliasCount: 100 });
  return isMapping(document) && isMapping(document.operation) && (document.operation.danger ?? "low") !== "low";
}

/** How a step asks: the person at the terminal, or with --yes nobody. Null where nobody can be asked. */
export function askApproval(terminal: Terminal, view: View, yes: boolean): Ask | null {
  const by = whoAsks(terminal.env);
  if (yes) return async () => ({ approved: true, by: `${by} (--yes)` });
  if (!terminal.interactive) return null;
  return async (message, signal) => {
    const answer = await view.paused(() => terminal.ask(`${oneLine(message)}  Approve? [y/N] `, signal));
    return { approved: isYes(answer), by };
  };
}

type Ask = (message: string, signal: AbortSignal) => Promise<{ approved: boolean; by: string }>;
