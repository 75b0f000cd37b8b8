/** `garza run`: through the agent where one runs, as the agent while it lasts otherwise. */
import type { Agent } from "../agent/agent.ts";
import type { Accepted, Control } from "../api/control.ts";
import type { Places } from "../core/config.ts";
import { problem } from "../core/problem.ts";
import { showFault } from "../core/problems.ts";
import type { Outcome } from "../engine/execute.ts";
import { askApproval } from "./confirm.ts";
import { keepMergeDriver } from "./merge-driver.ts";
import { openView } from "./open-view.ts";
import { notOffline, type Reached, reach } from "./owner.ts";
import { followAgent } from "./run-remote.ts";
import { heedSignals } from "./signals.ts";
import type { Terminal } from "./terminal.ts";
import type { View } from "./view.ts";
import { watch } from "./watch.ts";
import { whoAsks } from "./who-asks.ts";

/** `left`: it stays as it is, and is carried on by others or later. */
export type Followed = Outcome | "left";

export type Settings = {
  places: Places;
  terminal: Terminal;
  json: boolean;
  yes: boolean;
  local: boolean;
  offline?: boolean;
};

/** Makes sure that the operation is there: its id, and the last event that need not be shown. */
export type Ask = (control: Control) => Promise<Accepted & { after?: number }>;

export async function runOperation(settings: Settings, ask: Ask): Promise<Followed> {
  const { terminal, json } = settings;
  const view = await openView(terminal, json);
  try {
    const reached = await reachOwner(settings, view);
    if (reached.kind === "agent" && settings.offline) throw notOffline(reached.note);
    if (reached.kind === "agent") return await followAgent(settings, reached, view, ask);
    return await followOwn(settings, reached.agent, view, ask);
  } finally {
    view.close();
  }
}

async function reachOwner(settings: Settings, view: View): Promise<Reached> {
  const { places, terminal, yes, offline = false } = settings;
  const given = new AbortController();
  const giveUp = () => given.abort();
  const release = heedSignals(terminal, { interrupt: giveUp, leave: giveUp, terminate: giveUp });
  try {
    await keepMergeDriver(places.root, terminal, view.note, true);
    return await reach(places, terminal, {
      command: "garza run",
      onlyOwn: true,
      // Who submits to it would get its locks without having asked for such ones.
      serves: offline ? "never" : "soon",
      offline,
      ask: askApproval(terminal, view, yes),
      say: (message) => view.note(message),
      // That of an operation is told with its end.
      onBug: (thrown, operation) => {
        if (operation === "") view.note(`a bug in garza: ${thrown instanceof Error ? thrown.stack : String(thrown)}`);
      },
      signal: given.signal,
    });
  } catch (thrown) {
    if (!given.signal.aborted) throw thrown;
    throw problem({ kind: "left-by-signal", message: "gave up waiting; nothing was submitted" });
  } finally {
    release();
  }
}

async function followOwn(settings: Settings, agent: Agent, view: View, ask: Ask): Promise<Followed> {
  const { places, terminal, json, offline = false } = settings;
  const by = whoAsks(terminal.env);
  const stop = new AbortController();
  const hurry = new AbortController();
  const left = Promise.withResolvers<"left">();
  let own: string | undefined;
  const release = heedSignals(terminal, {
    interrupt() {
      view.note("cancelling: what was done is rolled back. Ctrl-C again leaves at once");
      if (own !== undefined) agent.control.cancel(own, by).catch(() => {});
    },
    leave() {
      hurry.abort();
      left.resolve("left");
    },
    terminate() {
      view.note("leaving: the running step is waited for");
      void agent.leave(undefined, hurry.signal).then(() => left.resolve("left"));
    },
  });
  let isLeft = false;
  try {
    const accepted = await ask(agent.control);
    const { id, after = 0 } = accepted;
    if (offline) view.note("offline: locks hold on this machine alone, and state is published by a later garza");
    own = id;
    tellAccepted(accepted, view);
    tellOthers(agent, id, view);
    const watching = {
      places,
      control: agent.control,
      view,
      json,
      id,
      after,
      signal: stop.signal,
      row: () => agent.row(id),
    };
    const broken = agent.broken.then((why) => {
      throw problem(why);
    });
    const followed = await Promise.race([watch(watching), left.promise, broken]);
    if (followed === "left" || followed === undefined) {
      isLeft = true;
      return leave(id, view);
    }
    const others = agent.reader.stats().running;
    if (others !== 0) view.note(`${id} has ended; staying for ${others} that others have submitted. Ctrl-C leaves`);
    await Promise.race([agent.idle(), left.promise]);
    return { ...followed, bug: agent.bugOf(id) };
  } finally {
    release();
    stop.abort();
    await agent.leave(isLeft ? 0 : undefined);
  }
}

export function tellAccepted({ id, isNew, warnings }: Accepted, view: View): void {
  for (const warning of warnings) view.note(showFault(warning));
  if (!isNew) view.note(`${id} was submitted with this key before:`);
}

/** The database is in order: what is being written is finished or not at all, and recovery knows both. */
function leave(id: string, view: View): "left" {
  view.note(`left ${id} as it is: a step that runs goes on by itself, and no further one starts`);
  view.note(`look:      garza status ${id}`);
  view.note(`carry on:  garza queue resume ${id}`);
  return "left";
}

function tellOthers(agent: Agent, own: string, view: View): void {
  const isOther = ({ id, parent }: { id: string; parent: string | null }) => id !== own && parent === null;
  const died = agent.recovered.map((id) => agent.row(id)).filter(isOther);
  const ownWaits = agent.row(own).status === "queued" ? 1 : 0;
  const waiting = Number(agent.reader.stats().queued) - ownWaits;
  for (const { id } of died) view.note(`operation ${id} was left when its process died. Look: garza status ${id}`);
  if (waiting > 0) view.note(`${waiting} more wait in the queue; an agent runs them: garza agent`);
}
