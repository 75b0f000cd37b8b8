import { problem } from "../../core/problem.ts";
import type { Command } from "../command.ts";
import { familyOf } from "../family.ts";
import { openPlaces } from "../open.ts";
import { json, paintFor } from "../output.ts";
import { maskerFor, shownStep } from "../shown-secrets.ts";
import { overview, overviewDocument, overviewText } from "../status-all.ts";
import { reportDocument, reportOf, reportText } from "../status-one.ts";

export const status: Command = {
  name: "status",
  takes: "[id]",
  summary: "What runs, what ended, what needs a person; with an id, its steps",
  about: "ID may be the end of an id that names only one operation.",
  options: [],
  examples: ["garza status", "garza status op_01JD8Z7Q3K5X9ABCD2", "garza status ABCD2 --json"],
  async run(call) {
    const { args, flag, terminal } = call;
    const [id] = args;
    const { openHistory } = await import("../../queue/history.ts");
    const places = openPlaces(call);
    const history = openHistory(places);
    const paint = paintFor(terminal.out, terminal.env);
    const now = terminal.clock.now();
    if (!history && id !== undefined) throw problem({ kind: "operation-unknown", id });
    if (id === undefined) {
      const all = history ? overview(history) : { running: [], queued: [], attention: [], last: [] };
      terminal.out.write(flag("json") ? json(overviewDocument(all)) : overviewText(all, paint, now));
    } else if (history) {
      const family = familyOf(history, history.operation(id));
      const report = reportOf(history, id, shownStep(maskerFor(places, family, terminal)));
      terminal.out.write(flag("json") ? json(reportDocument(report)) : reportText(report, paint, now));
    }
    history?.close();
    return 0;
  },
};
