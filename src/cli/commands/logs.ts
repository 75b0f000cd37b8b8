import { maskerFor } from "../../agent/shown-secrets.ts";
import { nearest } from "../../core/nearest.ts";
import { outputFile, readOutput } from "../../core/output.ts";
import { problem } from "../../core/problem.ts";
import { type Masker, showSafe } from "../../core/redact.ts";
import type { History } from "../../queue/history.ts";
import type { OperationRow, StepRow } from "../../queue/rows.ts";
import type { Command } from "../command.ts";
import { familyOf } from "../family.ts";
import { printEnded, printGrowing } from "../logs.ts";
import { openPlaces } from "../open.ts";
import { json } from "../output.ts";
import { tellOfWaiting } from "../waiting-note.ts";

export const logs: Command = {
  name: "logs",
  takes: "<id>",
  summary: "What the steps of an operation printed",
  about: [
    "ID may be the end of an id that names only one operation. Secrets are masked. Followed, each line has its step's",
    "name before it; an operation that is queued, or whose agent is restarted, is waited for.",
  ].join("\n"),
  options: [
    { flags: "--step <name>", says: "Only this step" },
    { flags: "-f, --follow", says: "Go on until the operation ends" },
  ],
  examples: ["garza logs op_01JD8Z7Q3K5X9ABCD2", "garza logs ABCD2 --step build -f"],
  async run(call) {
    const { args, value, flag, terminal } = call;
    const id = args[0] ?? "";
    const places = openPlaces(call);
    const { openHistory } = await import("../../queue/history.ts");
    const history = openHistory(places);
    if (!history) throw problem({ kind: "operation-unknown", id });
    const operation = history.operation(id);
    const family = familyOf(history, operation);
    const masker = maskerFor(places, family, terminal);
    const wanted = value("step");
    const steps = () => familyOf(history, operation).flatMap((each) => history.steps(each.id));
    const selected = () => steps().filter((row) => wanted === undefined || row.name === wanted || row.key === wanted);

    const log = { data: places.data, masker, terminal };
    if (flag("follow")) {
      const wait = tellOfWaiting(places, terminal, operation.id);
      await printGrowing(log, selected, () => {
        wait();
        return !isOver(history.operation(operation.id));
      });
    }
    if (wanted !== undefined && selected().length === 0 && !terminal.out.closed()) throw unknownStep(wanted, steps());
    if (flag("follow")) return end(history);
    if (flag("json")) terminal.out.write(json(selected().map((row) => document(row, places.data, masker))));
    else for (const row of selected()) await printEnded(log, row);
    return end(history);
  },
};

function end(history: History): number {
  history.close();
  return 0;
}

/** Until a person has said something, for one that is interrupted. */
const isOver = ({ ended_at, status }: OperationRow) => ended_at !== null || status === "interrupted";

function document(row: StepRow, data: string, masker: Masker) {
  const text = (stream: "out" | "err") =>
    masker.mask(readOutput(outputFile(data, row.operation, row.sequence, stream)).text);
  const { operation, key, name, attempt, status } = row;
  return { operation, key, name, attempt, status, out: text("out"), err: text("err") };
}

function unknownStep(step: string, rows: readonly StepRow[]) {
  const names = [...new Set(rows.map(({ name }) => name))];
  const near = nearest(step, names, 3);
  return problem({
    kind: "usage",
    message: `the operation ran no step ${JSON.stringify(step)}`,
    hint: showSafe(`${near.length > 0 ? "Nearest" : "It ran"}: ${(near.length > 0 ? near : names).join(", ")}`),
  });
}
