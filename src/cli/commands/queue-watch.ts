import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";

export const watch: Command = {
  name: "queue watch",
  takes: "",
  summary: "The whole queue as it changes: who runs, what runs and waits, what needs a person",
  about: [
    "On a terminal it shows what garza status does, drawn in place; q or Ctrl-C quits. Elsewhere, and with --json, it",
    "prints a line for each change: first what there is, then what becomes of it. It looks once a second, and changes",
    "nothing.",
  ].join("\n"),
  options: [],
  examples: [
    "garza queue watch",
    "garza queue watch | tee queue.log",
    "garza queue watch --json | jq -r .operation.status",
  ],
  async run(call) {
    const { flag, terminal } = call;
    const places = openPlaces(call);
    const { watchQueue } = await import("../watch-queue/loop.ts");
    const end = new AbortController();
    const release = terminal.onSignal(() => end.abort());
    const drawn = terminal.out.isTerminal && terminal.env.TERM !== "dumb" && !flag("json");
    const view = drawn
      ? (await import("../watch-queue/screen.ts")).openQueueScreen(places, terminal, () => end.abort())
      : (await import("../watch-queue/lines.ts")).openQueueLines(terminal, flag("json"));
    try {
      await watchQueue(places, terminal, view, end.signal);
    } finally {
      view.close();
      release();
    }
    return 0;
  },
};
