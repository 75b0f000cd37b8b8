/** What a million queued operations cost whoever asks, beside a thousand. */
import { join } from "node:path";
import { type Bench, type Figure, inTurns, median, noop, withFolder } from "./measure.ts";
import { claimant, fill, openJournal, success } from "./rows.ts";
import { repository, run } from "./runs.ts";

const [many, few] = [1_000_000, 1000];

export const largeQueue = (bench: Bench): Promise<Record<string, Figure>> =>
  withFolder(bench, async (folder) => {
    const roots = { many: await filled(folder, many), few: await filled(folder, few) };
    const figures: Record<string, Figure> = { claim: await claims(roots) };
    for (const args of [["queue", "list"], ["queue", "list", "queued"], ["queue", "stats"], ["status"]]) {
      const ask = (root: string) => () => run([bench.program, ...args], root);
      const figure = await inTurns(3, ask(roots.many), ask(roots.few));
      figures[args.join(" ")] = { ...figure, unit: "ms", baseline: "1,000" };
    }
    return figures;
  });

async function filled(folder: string, queued: number): Promise<string> {
  const root = await repository(folder, { "operations/bench.yml": noop });
  const { store } = openJournal(join(root, ".data"));
  fill(store.read, { queued });
  // In order: the next one that opens it need not look through all of it.
  store.close();
  return root;
}

/** Every fourth one looks for the oldest, too, as the agent's do. */
async function claims(roots: { many: string; few: string }): Promise<Figure> {
  const [large, small] = [roots.many, roots.few].map((root) => openJournal(join(root, ".data")));
  if (!large || !small) throw new Error("there are two");
  const claim = async ({ queue }: typeof large, overdueBefore: number | null) => {
    const claiming = performance.now();
    const chosen = await queue.claimNext({ claimant, ids: null, overdueBefore });
    const ms = performance.now() - claiming;
    if (chosen.kind === "claimed") await queue.end(chosen.row, success);
    return ms;
  };
  const four = async (journal: typeof large) => {
    let ms = 0;
    for (let n = 0; n < 4; n++) ms += await claim(journal, n === 0 ? Date.now() - 60_000 : null);
    return ms / 4;
  };
  const times: { value: number; against: number }[] = [];
  const latest = performance.now() + 20_000;
  while (times.length < 100 && performance.now() < latest)
    times.push({ against: await four(small), value: await four(large) });
  small.store.close();
  large.store.close();
  const [value, against] = [median(times.map((each) => each.value)), median(times.map((each) => each.against))];
  return { value, against, unit: "ms", baseline: "1,000", bar: 1.5 };
}
