import type { Places } from "../../core/config.ts";
import { adviceFor } from "../advice.ts";
import type { Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { operationId } from "../operation-id.ts";
import { json } from "../output.ts";
import { withControl } from "../owner.ts";
import { openQueueReader } from "../queue-reader.ts";
import type { Terminal } from "../terminal.ts";
import { whoAsks } from "../who-asks.ts";

export const cancel: Command = {
  name: "queue cancel",
  takes: "<id>",
  summary: "Take an operation out of the queue, or stop one that has begun and roll it back",
  about: "ID may be the end of an id that names only one operation.",
  options: [],
  examples: ["garza queue cancel op_01JD8Z7Q3K5X9ABCD2", "garza queue cancel ABCD2 --json"],
  async run(call) {
    const { args, flag, terminal } = call;
    const places = openPlaces(call);
    const id = operationId(places, args[0]);
    await withControl(places, terminal, (control) => control.cancel(id, whoAsks(terminal.env)));
    const { status, says, next } = whatCame(places, terminal, id);
    if (flag("json")) terminal.out.write(json({ id, status, next }));
    else terminal.out.write(`${id} ${says}: ${next}\n`);
    return 0;
  },
};

/** What a cancel came to: it has ended, it is being stopped, or somebody has to carry that out. */
function whatCame(places: Places, terminal: Terminal, id: string): { status: string; says: string; next: string } {
  const queue = openQueueReader(places, terminal);
  if (!queue) throw new Error(`the journal of ${id} is gone`);
  try {
    const row = queue.history.operation(id);
    const { status, started_at } = row;
    const look = `garza status ${id}`;
    if (status === "cancelled" && started_at === null)
      return { status, says: "is cancelled; it had not begun", next: look };
    if (row.ended_at !== null) return { status, says: `has ended (${status})`, next: look };
    const advice = adviceFor(queue.history, row, { agent: queue.agent, isLeft: false });
    const command = advice?.next[0]?.[1];
    if (command === undefined) return { status, says: "is being stopped and rolled back", next: `garza logs ${id} -f` };
    return {
      status,
      says: "is to be rolled back, and no agent runs. Do it here, or start one (garza agent)",
      next: command,
    };
  } finally {
    queue.close();
  }
}
