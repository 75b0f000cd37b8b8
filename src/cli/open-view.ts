import type { Terminal } from "./terminal.ts";
import type { View } from "./view.ts";

/** Drawn on a terminal, lines elsewhere, events as data with --json. */
export async function openView(terminal: Terminal, json: boolean): Promise<View> {
  if (json) return (await import("./json-view.ts")).openJsonView(terminal);
  if (terminal.err.isTerminal && terminal.env.TERM !== "dumb") {
    return (await import("./live-view.ts")).openLiveView(terminal);
  }
  return (await import("./plain-view.ts")).openPlainView(terminal);
}
