/** Brings what running steps print to the screen: follows their files, masks, and hands over whole lines. */
import { silent } from "../agent/printing.ts";
import type { OperationEvent } from "../core/events.ts";
import { follow } from "../core/output/follow.ts";
import { outputFile, type Stream } from "../core/output.ts";
import type { Masker } from "../core/redact.ts";
import type { View } from "./view.ts";

export type OutputFollower = {
  /** Resolves when everything that was printed before this event has been handed over. */
  event(event: OperationEvent): Promise<void>;
  /** What has been printed is still shown. */
  close(): Promise<void>;
};

/** Where only events are wanted the files are left alone. */
export const noOutput: OutputFollower = { event: async () => {}, close: async () => {} };

export function followOutput(data: string, masker: Masker, view: Pick<View, "line" | "drained">): OutputFollower {
  const open = new Map<string, { end: AbortController; read: Promise<unknown> }>();

  const start = ({ operation, key, row }: { operation: string; key: string; row: number }) => {
    const end = new AbortController();
    const streams: Stream[] = ["out", "err"];
    const read = Promise.all(
      streams.map((stream) => {
        const lines = lineReader(masker, (text) => view.line(operation, key, text));
        // A step that prints faster than the screen takes it must not fill the memory.
        const onPiece = (piece: string) => {
          lines.write(piece);
          return view.drained();
        };
        return follow(outputFile(data, operation, row, stream), { onPiece, signal: end.signal }).then(lines.end);
      }),
    );
    open.set(`${operation} ${key}`, { end, read });
  };
  const stop = async (name: string) => {
    const followed = open.get(name);
    open.delete(name);
    followed?.end.abort();
    await followed?.read;
  };
  return {
    async event(event) {
      if (event.type === "step-started" && !silent.has(event.step_type)) start(event);
      else if (event.type === "step-finished" || event.type === "step-retrying")
        await stop(`${event.operation} ${event.key}`);
    },
    async close() {
      await Promise.all([...open.keys()].map(stop));
    },
  };
}

/** A line without an end must not be collected: it is shown in pieces of about this many characters. */
const longestLine = 64 * 1024;

/** Text in pieces to masked lines. A progress bar's carriage returns leave what stands there at the end. */
export function lineReader(masker: Masker, onLine: (text: string) => void) {
  const masking = masker.stream();
  let rest = "";
  const take = (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(visible(line));
    if (rest.length < longestLine) return;
    onLine(visible(rest));
    rest = "";
  };
  return {
    write: (piece: string) => take(masking.write(piece)),
    end() {
      take(masking.end());
      if (rest !== "") onLine(visible(rest));
      rest = "";
    },
  };
}

/** Without colours, which a program may set though nobody asked for them. */
const visible = (line: string) => Bun.stripANSI(line).replace(/\r+$/, "").replace(/^.*\r/s, "");
