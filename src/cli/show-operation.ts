import { maskerFor, shownStep } from "../agent/shown-secrets.ts";
import { problem } from "../core/problem.ts";
import type { Call } from "./command.ts";
import { familyOf } from "./family.ts";
import { marksFor } from "./marks.ts";
import { openPlaces } from "./open.ts";
import { json, paintFor, widthOf } from "./output.ts";
import { openQueueReader } from "./queue-reader.ts";
import { type Report, reportDocument, reportOf, reportText } from "./status-one.ts";
import { treeText } from "./tree.ts";

/** `garza status ID`, `garza queue show ID`; resolves to the exit code. Throws `operation-unknown`. */
export async function showOperation(call: Call, id: string): Promise<number> {
  const { flag, terminal } = call;
  const places = openPlaces(call);
  const queue = openQueueReader(places, terminal);
  if (!queue) throw problem({ kind: "operation-unknown", id });
  try {
    const { history } = queue;
    const family = familyOf(history, history.operation(id));
    const report = reportOf(queue, id, shownStep(maskerFor(places, family, terminal)));
    terminal.out.write(flag("json") ? json(reportDocument(report)) : textOf(report, call));
  } finally {
    queue.close();
  }
  return 0;
}

function textOf(report: Report, { flag, terminal: { out, env, clock } }: Call): string {
  const paint = paintFor(out, env);
  if (!flag("tree")) return reportText(report, paint, clock.now());
  return treeText(report, { paint, marks: marksFor(env), now: clock.now(), width: widthOf(out) });
}
