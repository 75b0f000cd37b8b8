/** The output of recorded steps on standard output: of ended ones in full, of running ones as it grows. */
import { follow } from "../core/output/follow.ts";
import { outputFile, type Stream } from "../core/output.ts";
import type { Masker } from "../core/redact.ts";
import type { StepRow } from "../queue/rows.ts";
import { lineReader } from "./line-reader.ts";
import { oneLine, paintFor } from "./output.ts";
import type { Terminal } from "./terminal.ts";

export type Log = { data: string; masker: Masker; terminal: Terminal };

const streams: readonly Stream[] = ["out", "err"];

/** A heading, then what it printed; nothing for a step that printed nothing. */
export async function printEnded({ data, masker, terminal }: Log, row: StepRow): Promise<void> {
  let headed = false;
  const print = (text: string) => {
    if (!headed) terminal.out.write(`${heading(row, terminal)}\n`);
    headed = true;
    terminal.out.write(`${oneLine(text)}\n`);
  };
  for (const stream of streams)
    await printFile(outputFile(data, row.operation, row.sequence, stream), masker, print, AbortSignal.abort());
}

/** Every line with its step's name, since several may print at once; until the operation has ended. */
export async function printGrowing(log: Log, rows: () => StepRow[], isAlive: () => boolean): Promise<void> {
  const { data, masker, terminal } = log;
  const followed = new Map<number | string, { end: AbortController; read: Promise<unknown> }>();
  for (let alive = true; alive && !terminal.out.closed(); ) {
    // Asked before the rows are read: a step that starts later is not missed.
    alive = isAlive();
    for (const row of rows()) {
      const name = `${row.operation} ${row.sequence}`;
      const isOver = row.status !== "running";
      const known = followed.get(name);
      if (known) {
        if (isOver) known.end.abort();
        // To its last line: what comes after it stands after it.
        if (isOver) await known.read;
        continue;
      }
      const end = new AbortController();
      if (isOver) end.abort();
      const print = (text: string) => terminal.out.write(`${oneLine(row.name)} | ${oneLine(text)}\n`);
      const files = streams.map((stream) => outputFile(data, row.operation, row.sequence, stream));
      const read = Promise.all(files.map((file) => printFile(file, masker, print, end.signal)));
      followed.set(name, { end, read });
      if (isOver) await read;
    }
    if (alive) await terminal.clock.sleep(200);
  }
  for (const { end } of followed.values()) end.abort();
  await Promise.all([...followed.values()].map(({ read }) => read));
}

async function printFile(
  file: string,
  masker: Masker,
  print: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const masking = masker.stream();
  const lines = lineReader(print);
  await follow(file, { onPiece: (piece) => lines.write(masking.write(piece)), signal });
  lines.write(masking.end());
  lines.end();
}

function heading({ name, attempt, status }: StepRow, terminal: Terminal): string {
  // A row may still say running though its process died; that is for garza status to judge.
  const notes = [status === "running" ? "" : status, attempt > 1 ? `attempt ${attempt}` : ""]
    .filter(Boolean)
    .join(", ");
  return paintFor(terminal.out, terminal.env).strong(`== ${oneLine(name)}${notes && ` (${notes})`}`);
}
