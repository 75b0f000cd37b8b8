/** Server-sent events as text: written by the agent, read by its client. */

export type Frame = {
  /** Absent: where to go on from does not change. */
  id?: string;
  /** Absent: an event of an operation. `end`: nothing more will come. `problem`: nothing more can come. */
  event?: "output" | "end" | "problem";
  /** One line. */
  data: string;
};

export const heartbeat = ":\n\n";
/** Without a first line the headers would wait for the first event. */
export const opening = "retry: 1000\n\n";

export function writeFrame({ id, event, data }: Frame): string {
  return `${id === undefined ? "" : `id: ${id}\n`}${event === undefined ? "" : `event: ${event}\n`}data: ${data}\n\n`;
}

/** Comments are left out, and what was cut off before it was whole. The opening comes as a frame without `data`. */
export async function* readFrames(body: AsyncIterable<Uint8Array>): AsyncGenerator<Partial<Record<string, string>>> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const fields = block.split("\n").map((line) => /^(\w+): ?(.*)$/.exec(line)?.slice(1) ?? []);
      const frame = Object.fromEntries(fields.filter(([name]) => name));
      if (Object.keys(frame).length > 0) yield frame;
    }
  }
}
