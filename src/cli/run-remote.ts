/** An operation that the agent runs, followed from here. */
import { openMasks } from "../agent/masks.ts";
import type { EndedRow } from "../agent/outcome.ts";
import { watch as watchJournal } from "../agent/watch.ts";
import type { GarzaClient } from "../api/client.ts";
import type { Absence } from "../api/client-follow.ts";
import type { Control } from "../api/control.ts";
import { systemClock } from "../core/clock.ts";
import type { Places } from "../core/config.ts";
import { GarzaError, messageOf } from "../core/problem.ts";
import { openHistory } from "../queue/history.ts";
import type { Call } from "./command.ts";
import { definedEnv } from "./open.ts";
import { inHistory } from "./operation-id.ts";
import { type Reached, refuseOwner } from "./owner.ts";
import { mayComeBack } from "./remote/insisting.ts";
import { watchThere } from "./remote/watch-there.ts";
import { type Ask, type Followed, type Settings, tellAccepted } from "./run-operation.ts";
import { heedSignals } from "./signals.ts";
import type { Terminal } from "./terminal.ts";
import type { View } from "./view.ts";
import { watch } from "./watch.ts";
import { whileAway } from "./while-away.ts";
import { whoAsks } from "./who-asks.ts";

export async function followAgent(
  { places, terminal, json, local }: Settings,
  { client, note }: Reached & { kind: "agent" },
  view: View,
  ask: Ask,
): Promise<Followed> {
  if (local) refuseOwner(note);
  const row = (id: string) => rowOf(places, id);
  const there: Followable = {
    ...{ client, places, row, on: "", agent: "the agent" },
    watch: (absence) => outlasting(client, absence, places, definedEnv(terminal)),
  };
  return follow(there, { terminal, json }, view, ask);
}

/** By an agent of another host, whose journal is not here. */
export function followThere(
  there: Omit<Followable, "places" | "watch">,
  { terminal, flag }: Pick<Call, "terminal" | "flag">,
  view: View,
  ask: Ask,
): Promise<Followed> {
  const watch: Followable["watch"] = (absence) => watchThere(there, absence);
  return follow({ ...there, places: null, watch }, { terminal, json: flag("json") }, view, ask);
}

type Followable = {
  client: GarzaClient;
  /** Of its journal. */
  places: Places | null;
  row(id: string): EndedRow | Promise<EndedRow>;
  /** Outlasts the agent. */
  watch(absence: Absence): Control["watch"];
  /** Behind a command that looks at it. */
  on: string;
  agent: string;
};

async function follow(
  there: Followable,
  { terminal, json }: Pick<Settings, "terminal" | "json">,
  view: View,
  ask: Ask,
): Promise<Followed> {
  const { client, places, on, agent } = there;
  const accepted = await ask(client);
  const { id, after = 0 } = accepted;
  tellAccepted(accepted, view);

  const detach = new AbortController();
  const ended = new AbortController();
  const cancel = () => {
    view.note("cancelling: what was done is rolled back");
    void cancelBy(client, id, {
      by: whoAsks(terminal.env),
      signal: AbortSignal.any([detach.signal, ended.signal]),
      view,
    });
  };
  let isAway = false;
  const absence = {
    onAway() {
      isAway = true;
      view.note(`${agent} is ${on === "" ? "gone" : "out of reach"}; waiting for it to come back (Ctrl-C leaves)…`);
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
    const control = { watch: there.watch(absence) };
    const watching = { places, control, view, json, id, after, signal: detach.signal, row: () => there.row(id) };
    const followed = await watch(watching);
    if (followed && isAway && on !== "")
      view.note(`${id} has ended: ${followed.status}. What it said last: garza logs ${id}${on}`);
    if (followed) return followed;
    const look = `Look: garza status ${id}${on}`;
    if (!isAway) view.note(`the agent goes on with ${id}. ${look}. Stop it: garza queue cancel ${id}${on}`);
    else if (on === "") view.note(`left ${id} to the next agent: garza agent. ${look}`);
    else view.note(`left ${id} to ${agent}. ${look}`);
    return "left";
  } finally {
    ended.abort();
    release();
  }
}

type Cancelling = { by: string; signal: AbortSignal; view: View };

/** To ask once more is no harm: an agent that is away gets it when it is back. */
async function cancelBy(client: GarzaClient, id: string, { by, signal, view }: Cancelling): Promise<void> {
  for (;;) {
    try {
      return await client.cancel(id, by);
    } catch (thrown) {
      if (signal.aborted) return;
      if (!(thrown instanceof GarzaError) || !mayComeBack.has(thrown.problem.kind)) return view.note(messageOf(thrown));
      await systemClock.sleep(betweenTriesMs, signal).catch(() => {});
    }
  }
}

const betweenTriesMs = 1_000;
const betweenLooksMs = 1_000;

/** An agent that leaves with the operation's end may take its last events along: then the journal has them. */
function outlasting(
  client: GarzaClient,
  absence: Absence,
  places: Places,
  env: Record<string, string>,
): Control["watch"] {
  return async function* (id, { after = "0", output = false, signal = new AbortController().signal }) {
    const over = new AbortController();
    const until = AbortSignal.any([signal, over.signal]);
    const hasEnded = () => {
      const { ended_at, status } = rowOf(places, id);
      return ended_at !== null || status === "interrupted";
    };
    const looking = { hasEnded, onEnded: () => over.abort(), times: 1, betweenMs: betweenLooksMs, signal: until };
    const away = whileAway(absence, looking);
    const onAway: Absence["onAway"] = (reason) => (hasEnded() ? over.abort() : away.onAway(reason));
    let last = after;
    try {
      const watching = { after, output, signal: until, ...absence, onAway, onBack: away.onBack };
      for await (const told of client.watch(id, watching)) {
        last = told.position;
        yield told;
      }
    } finally {
      away.release();
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
