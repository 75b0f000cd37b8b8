/** What an ended operation leaves in the repository: its report and its entry in the operation log. */

import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { contained, writeAtomically } from "../core/files.ts";
import { messageOf } from "../core/problem.ts";
import { toText } from "../core/value.ts";
import { appendOperationEntry } from "../state/operation-entry.ts";
import type { Forward } from "./execute.ts";
import { renderingOf } from "./rendering.ts";
import { failureScope } from "./roll-back.ts";
import type { Run } from "./run.ts";
import { targetOf } from "./target.ts";

type Ending = { status: "success" | "failed" | "cancelled"; error: string | null; failed_step: string | null };

/** Not part of the forward run: what fails is returned for `attention`, and the operation's end stands. */
export async function writeRecords(run: Run, forward: Forward, end: Ending): Promise<string[]> {
  const failures: string[] = [];
  const attempt = async (what: string, write: () => Promise<unknown>) => {
    await write().catch((thrown: unknown) => failures.push(`${what} was not written: ${messageOf(thrown)}`));
  };
  if (run.template.results) await attempt("the report", () => writeReport(run, forward));
  const wanted = run.world.settings["history.file"].value;
  // By default what only looked leaves no trace in the repository.
  const isLogged = wanted === "all" || (wanted === "changes" && (run.changed || run.tokens.size > 0));
  if (isLogged) await attempt("infra/state/operations.json", () => logOperation(run, end));
  return failures;
}

async function writeReport(run: Run, forward: Forward): Promise<void> {
  const { results } = run.template;
  if (!results) return;
  const { journal, masker, places } = run.world;
  const scope = forward.kind === "failed" ? failureScope(run, forward) : run.scope;
  const rendering = renderingOf({ template: run.template, root: places.root, scope, where: "results", warn: () => {} });
  const report = masker.mask(toText(rendering.text(results.report_format)));
  if (results.save_to === undefined) {
    await journal.tell(run.id, { type: "step-said", key: "results", text: report });
    return;
  }
  const path = contained(places.root, toText(rendering.text(results.save_to)));
  mkdirSync(dirname(path), { recursive: true });
  await writeAtomically(path, report.endsWith("\n") ? report : `${report}\n`);
}

async function logOperation(run: Run, { status, error }: Ending): Promise<void> {
  const { clock, hostName, state, masker } = run.world;
  await appendOperationEntry(state, {
    id: run.id,
    template: run.template.name,
    type: run.template.operation.type,
    status,
    target: targetOf(run.template, run.scope),
    started_at: new Date(run.startedAt).toISOString(),
    ended_at: new Date(clock.now()).toISOString(),
    operator: run.askedBy,
    host: hostName,
    error: error === null ? null : masker.mask(error),
  });
}
