/** Running without an agent: follows an operation, and turns signals into cancelling and leaving. */
import type { Foreground } from "../agent/foreground.ts";
import type { Places } from "../core/config.ts";
import { problem } from "../core/problem.ts";
import { showFault } from "../core/problems.ts";
import type { Outcome } from "../engine/execute.ts";
import { openHistory } from "../queue/history.ts";
import type { Owner } from "../store/owner.ts";
import type { TemplateSource } from "../template/library.ts";
import { askApproval } from "./confirm.ts";
import { followOutput, noOutput, type OutputFollower } from "./follow-output.ts";
import { definedEnv } from "./open.ts";
import { openView } from "./open-view.ts";
import type { RunRequest } from "./request.ts";
import { heedSignals } from "./signals.ts";
import type { Terminal } from "./terminal.ts";
import type { View } from "./view.ts";
import { whoAsks } from "./who-asks.ts";

/** `left`: the second Ctrl-C (or a hang-up) came, and the operation stays as it is. */
export type Followed = Outcome | "left";

type Settings = { places: Places; terminal: Terminal; json: boolean; yes: boolean };
/** Makes sure that the operation is there, and says how it is run. */
type Work = (foreground: Foreground, view: View) => Promise<{ id: string; run(cancel: AbortSignal): Promise<Outcome> }>;

/** Submits the template and follows it to its end. */
export function runForeground(source: TemplateSource, request: RunRequest, settings: Settings): Promise<Followed> {
  const { parameters, priority, timeout, key } = request;
  return follow(settings, async (foreground, view) => {
    const { id, warnings } = await foreground.submit(source, {
      parameters,
      priority,
      ...(timeout !== undefined && { timeout }),
      ...(key !== undefined && { key }),
    });
    for (const warning of warnings) view.note(showFault(warning));
    return { id, run: (cancel) => foreground.run(id, cancel) };
  });
}

/** Carries on an interrupted operation, after `before`. */
export function resumeForeground(
  id: string,
  settings: Settings,
  before: (foreground: Foreground) => Promise<void> = async () => {},
): Promise<Followed> {
  return follow(settings, async (foreground) => {
    await before(foreground);
    return { id, run: (cancel) => foreground.resume(id, cancel) };
  });
}

async function follow(settings: Settings, work: Work): Promise<Followed> {
  const { terminal, json, places } = settings;
  const view = await openView(terminal, json);
  const signals = heedSignals(terminal, view);
  try {
    const foreground = await open(settings, view, signals.any);
    const screen = show(foreground, json ? noOutput : followOutput(places.data, foreground.masker, view), view);
    const { id, run } = await work(foreground, view).catch(async (thrown: unknown) => {
      await screen.close();
      throw thrown;
    });
    tellInterrupted(foreground, id, view);
    const ended = closeAfter(run(signals.cancel), screen.close);
    const followed = await Promise.race([ended, signals.left.then(() => leave(id, view))]);
    if (!screen.shown.has(id)) replay(places, id, view);
    return followed;
  } finally {
    signals.release();
    view.close();
  }
}

async function closeAfter<Result>(work: Promise<Result>, close: () => Promise<void>): Promise<Result> {
  try {
    return await work;
  } finally {
    await close();
  }
}

async function open({ places, terminal, yes }: Settings, view: View, stop: AbortSignal): Promise<Foreground> {
  const { openForeground } = await import("../agent/foreground.ts");
  const { builtIn } = await import("../template/built-in.ts");
  return openForeground({
    places,
    env: definedEnv(terminal),
    clock: terminal.clock,
    builtIn,
    askedBy: whoAsks(terminal.env),
    ask: askApproval(terminal, view, yes),
    onWait: (owner) => view.note(waiting(owner)),
    warn: (message) => view.note(message),
    onListenerError: (cause) => view.note(`the view failed, the operation goes on: ${String(cause)}`),
    signal: stop,
  }).catch((thrown: unknown) => {
    const message = "gave up waiting; nothing was submitted";
    throw stop.aborted ? problem({ kind: "left-by-signal", message }) : thrown;
  });
}

const waiting = (owner: Owner | null) =>
  `waiting: ${owner ? `process ${owner.pid} (${owner.command})` : "another garza"} runs an operation of this repository now. Ctrl-C gives up`;

/** Events in their order, and a step's end only after the last line that it printed. */
function show(foreground: Foreground, output: OutputFollower, view: View) {
  const operations = new Set<string>();
  let queue = Promise.resolve();
  const unlisten = foreground.listen((event) => {
    operations.add(event.operation);
    const printed = output.event(event);
    queue = queue.then(() => printed).then(() => view.event(event));
  });
  return {
    /** The operations of which something was shown. */
    shown: operations,
    async close() {
      unlisten();
      await output.close();
      await queue;
      await foreground.close();
    },
  };
}

function tellInterrupted({ interrupted }: Foreground, own: string, view: View): void {
  for (const id of interrupted.filter((each) => each !== own)) {
    view.note(`operation ${id} was interrupted when its process died. Look: garza status ${id}`);
  }
}

/** It had this key before, or was carried on before: this is how it went. */
function replay(places: Places, id: string, view: View): void {
  const history = openHistory(places);
  view.note(`${id} has ended already:`);
  for (const event of history?.events(id) ?? []) view.event(event);
  history?.close();
}

/** The database is not closed: what is being written is finished or not at all, and recovery knows both. */
function leave(id: string, view: View): "left" {
  view.note(`left ${id} as it is: a step that runs goes on by itself, and no further one starts`);
  view.note(`look:      garza status ${id}`);
  view.note(`carry on:  garza queue resume ${id}`);
  return "left";
}
