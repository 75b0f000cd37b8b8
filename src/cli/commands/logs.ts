import { nearest } from "../../core/nearest.ts";
import { outputFile, readOutput } from "../../core/output.ts";
import { problem } from "../../core/problem.ts";
import { type Masker, showSafe } from "../../core/redact.ts";
import type { StepRow } from "../../queue/rows.ts";
import type { Command } from "../command.ts";
import { familyOf } from "../family.ts";
import { printEnded, printGrowing } from "../logs.ts";
import { openPlaces } from "../open.ts";
import { json } from "../output.ts";
import { maskerFor } from "../shown-secrets.ts";

export const logs: Command = {
  name: "logs",
  takes: "<id>",
  summary: "What the steps of an operation printed",
  about: "ID may be the end of an id that names only one operation. Secrets are masked.",
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
    if (flag("follow")) await printGrowing(log, selected, () => history.evidence(operation.id).alive);
    else if (wanted !== undefined && selected().length === 0) throw unknownStep(wanted, steps());
    else if (flag("json")) terminal.out.write(json(selected().map((row) => document(row, places.data, masker))));
    else for (const row of selected()) await printEnded(log, row);
    history.close();
    return 0;
  },
};

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
