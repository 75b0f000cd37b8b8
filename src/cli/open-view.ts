import type { Terminal } from "./terminal.ts";
import type { View } from "./view.ts";

/** Drawn on a terminal, lines elsewhere, events as data with --json. `on`: of another host, ` --on web1`. */
export async function openView(terminal: Terminal, json: boolean, on = ""): Promise<View> {
  if (json) return (await import("./json-view.ts")).openJsonView(terminal);
  if (terminal.err.isTerminal && terminal.env.TERM !== "dumb") {
    return (await import("./live-view.ts")).openLiveView(terminal, on);
  }
  return (await import("./plain-view.ts")).openPlainView(terminal, on);
}
