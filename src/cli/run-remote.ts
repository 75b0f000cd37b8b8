/** An operation that the agent runs, followed from here. */
import { openMasks } from "../agent/masks.ts";
import { watch as watchJournal } from "../agent/watch.ts";
import type { GarzaClient } from "../api/client.ts";
import type { Absence } from "../api/client-follow.ts";
import type { Control } from "../api/control.ts";
import type { Places } from "../core/config.ts";
import { openHistory } from "../queue/history.ts";
import { definedEnv } from "./open.ts";
import { inHistory } from "./operation-id.ts";
import { type Reached, refuseOwner } from "./owner.ts";
import { type Ask, type Followed, type Settings, tellAccepted } from "./run-operation.ts";
import { heedSignals } from "./signals.ts";
import type { Terminal } from "./terminal.ts";
import type { View } from "./view.ts";
import { watch } from "./watch.ts";
import { whoAsks } from "./who-asks.ts";

export async function followAgent(
  { places, terminal, json, local }: Settings,
  { client, note }: Reached & { kind: "agent" },
  view: View,
  ask: Ask,
): Promise<Followed> {
  if (local) refuseOwner(note);
  const accepted = await ask(client);
  const { id, after = 0 } = accepted;
  tellAccepted(accepted, view);

  const detach = new AbortController();
  const cancel = () => {
    view.note("cancelling: what was done is rolled back");
    client.cancel(id, whoAsks(terminal.env)).catch((thrown: unknown) => view.note(String(thrown)));
  };
  let isAway = false;
  const absence = {
    onAway() {
      isAway = true;
      view.note("the agent is gone; waiting for it to come back (Ctrl-C leaves)…");
    },
    onBack() {
      isAway = false;
      view.note("it is back");
    },
  };
  const leave = () => detach.abort();
  const interrupt = () => void askWhatNow(terminal, view, detach.signal).then((wish) => wishes[wish](cancel, detach));
  const release = heedSignals(terminal, {
    // Nobody is there who could cancel it.
    interrupt: () => (isAway ? leave() : interrupt()),
    leave,
    terminate: () => (isAway ? leave() : cancel()),
  });
  try {
    const row = () => rowOf(places, id);
    const control = { watch: outlasting(client, absence, places, definedEnv(terminal)) };
    const watching = { places, control, view, json, id, after, signal: detach.signal, row };
    const followed = await watch(watching);
    if (followed) return followed;
    if (isAway) view.note(`left ${id} to the next agent: garza agent. Look: garza status ${id}`);
    else view.note(`the agent goes on with ${id}. Look: garza status ${id}. Stop it: garza queue cancel ${id}`);
    return "left";
  } finally {
    release();
  }
}

/** An agent that leaves with the operation's end may take its last events along: then the journal has them. */
function outlasting(
  client: GarzaClient,
  absence: Absence,
  places: Places,
  env: Record<string, string>,
): Control["watch"] {
  return async function* (id, { after = "0", output = false, signal = new AbortController().signal }) {
    const over = new AbortController();
    const onAway: Absence["onAway"] = (reason) => {
      const { ended_at, status } = rowOf(places, id);
      if (ended_at !== null || status === "interrupted") over.abort();
      else absence.onAway?.(reason);
    };
    let last = after;
    const until = AbortSignal.any([signal, over.signal]);
    for await (const told of client.watch(id, { after, output, signal: until, ...absence, onAway })) {
      last = told.position;
      yield told;
    }
    if (!over.signal.aborted) return;
    const history = openHistory(places);
    if (!history) return;
    try {
      const masks = openMasks(places, history, env);
      const events = { listen: () => () => {} };
      yield* watchJournal({ events, history, id, after: last, signal, masks, output: output ? places.data : null });
    } finally {
      history.close();
    }
  };
}

/** Read beside the agent: the same journal. */
const rowOf = (places: Places, id: string) => inHistory(places, id, (history) => history.operation(id));

type Wish = "cancel" | "detach" | "go on";

const wishes: Record<Wish, (cancel: () => void, detach: AbortController) => void> = {
  cancel: (cancel) => cancel(),
  detach: (_, detach) => detach.abort(),
  "go on": () => {},
};

/** Where nobody can be asked, Ctrl-C means what it means everywhere. */
async function askWhatNow(terminal: Terminal, view: View, signal: AbortSignal): Promise<Wish> {
  if (!terminal.interactive) return "cancel";
  const question = "The agent runs it: [c]ancel it, [d]etach from it, or [g]o on watching? [g] ";
  const answer = await view.paused(() => terminal.ask(question, signal));
  const letter = answer?.trim().toLowerCase()[0];
  return letter === "c" ? "cancel" : letter === "d" ? "detach" : "go on";
}
