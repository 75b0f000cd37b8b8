import { showSafe } from "../core/redact.ts";
import { jsonLine } from "./output.ts";
import type { Terminal } from "./terminal.ts";
import type { View } from "./view.ts";

/** Events as data, one a line, on standard output. */
export function openJsonView({ out, err }: Pick<Terminal, "out" | "err">): View {
  return {
    event: (event) => out.write(jsonLine(event)),
    line() {},
    drained: async () => {},
    note: (text) => err.write(`${showSafe(text)}\n`),
    paused: (question) => question(),
    close() {},
  };
}
