/** How soon an agent is there again over a long history, with what a dead one left running. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { runAgent } from "./agents.ts";
import { type Bench, type Figure, median, noop, withFolder } from "./measure.ts";
import { fill, openJournal } from "./rows.ts";
import { repository } from "./runs.ts";

const bar = { unit: "ms", against: 2000, baseline: "2 s", bar: 1 } as const;

export const recovery = (bench: Bench): Promise<Record<string, Figure>> =>
  withFolder(bench, async (folder) => {
    const times: Record<"sealed" | "unsealed", number[]> = { sealed: [], unsealed: [] };
    for (let round = 0; round < 5; round++) {
      for (const kind of ["sealed", "unsealed"] as const) times[kind].push(await recover(bench, folder, kind));
    }
    return {
      "closed in order": { ...bar, value: median(times.sealed) },
      killed: { ...bar, value: median(times.unsealed) },
    };
  });

/** Milliseconds from the start of the program to its socket. */
async function recover(bench: Bench, folder: string, kind: "sealed" | "unsealed"): Promise<number> {
  const root = await repository(folder, { "operations/bench.yml": noop });
  const data = join(root, ".data");
  const { store } = openJournal(data);
  fill(store.read, { queued: 50_000, ended: 49_997, running: 3 });
  // Nothing new is begun: recovery is what counts.
  store.read.run("insert into pause (template, by, since) values ('', 'bench', 0)");
  store.close();
  if (kind === "unsealed") rmSync(join(data, "garza.seal"));
  const ms = await runAgent(bench, root, data, 3, async ({ startMs }) => startMs);
  rmSync(root, { recursive: true });
  return ms;
}
