/** `garza queue add --batch FILE`. */
import { resolve } from "node:path";
import { readRegular } from "../core/files.ts";
import { problem } from "../core/problem.ts";
import { bindParameters } from "../template/parameters.ts";
import { atLines, type BatchLine, readBatch } from "./batch.ts";
import type { Call } from "./command.ts";
import { confirmDanger } from "./confirm.ts";
import { findSource, openPlaces, openTemplates } from "./open.ts";
import { json } from "./output.ts";
import { withControl } from "./owner.ts";
import { openReader } from "./read-templates.ts";
import type { RunRequest } from "./request.ts";
import { wantedFrom } from "./submit.ts";
import { nobodyRuns, startOne, tellWarnings } from "./tell-accepted.ts";

/** The exit code. Throws `batch` with every fault. */
export async function addBatch(call: Call, request: RunRequest, file: string): Promise<number> {
  refuseBeside(call, request);
  const { terminal } = call;
  const places = openPlaces(call);
  const text = await textOf(file, call);
  const lines = await linesOf(text, places.root, call);
  for (const source of new Set(lines.map((line) => line.source))) await confirmDanger(source, request, terminal);

  const wanted = lines.map((line) => wantedFrom(line.source, line, terminal));
  const { accepted, agent } = await withControl(places, terminal, async (control, agent) => ({
    accepted: await control.submit(wanted),
    agent,
  })).catch((thrown: unknown) => {
    throw atLines(lines, thrown);
  });
  if (request.json) terminal.out.write(json({ operations: accepted.map(({ id, isNew }) => ({ id, is_new: isNew })) }));
  else terminal.out.write(accepted.map(({ id }) => `${id}\n`).join(""));
  tellWarnings(call, accepted);
  const old = accepted.filter(({ isNew }) => !isNew).length;
  const count = `${accepted.length - old} added${old > 0 ? `, ${old} were there already` : ""}`;
  const next = agent?.workers
    ? "an agent runs them: garza status"
    : `${nobodyRuns}; they wait in the queue. ${startOne}`;
  terminal.err.write(`${count}; ${next}\n`);
  return 0;
}

/** What stands in the lines can't stand beside them. */
function refuseBeside({ value }: Call, { template }: RunRequest): void {
  const flag = ["priority", "timeout", "key", "not-before", "not-after"].find((name) => value(name) !== undefined);
  const message =
    template !== ""
      ? `--batch and the template ${template} can't go together`
      : flag && `with --batch, say ${flag.replace("-", "_")} in each line, not --${flag}`;
  if (message) throw problem({ kind: "usage", message, hint: "More: garza queue add --help" });
}

async function textOf(file: string, { terminal }: Call): Promise<string> {
  const text = file === "-" ? await terminal.readInput() : readRegular(resolve(terminal.cwd, file))?.text;
  if (text === undefined) throw problem({ kind: "usage", message: `there is no file ${resolve(terminal.cwd, file)}` });
  if (text.trim() === "")
    throw problem({ kind: "usage", message: `${file === "-" ? "standard input" : file} is empty` });
  return text;
}

/** Each template is found and read once. */
async function linesOf(text: string, root: string, { terminal }: Call): Promise<BatchLine[]> {
  const library = await openTemplates(root);
  const read = await openReader(root, library);
  const find = remembering((name: string) => findSource(library, root, terminal.cwd, name));
  const templateOf = remembering((source: ReturnType<typeof find>) => read(source).template);
  return readBatch(text, {
    now: terminal.clock.now(),
    find,
    refuse: (source, parameters) => void bindParameters(templateOf(source), parameters),
  });
}

/** What throws is tried again. */
function remembering<Key, Found>(find: (key: Key) => Found): (key: Key) => Found {
  const found = new Map<Key, Found>();
  return (key) => {
    const known = found.get(key) ?? find(key);
    found.set(key, known);
    return known;
  };
}
