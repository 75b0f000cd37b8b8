/** Locks and state at a remote of this machine, against one bare `git push` of a ref. */
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { publishChanges } from "../../src/engine/publish-changes.ts";
import { gitText } from "../../src/git/git.ts";
import { moveRefs } from "../../src/git/move-refs.ts";
import { openPrivateStore, type PrivateStore } from "../../src/git/private-store.ts";
import { openTree } from "../../src/git/tree.ts";
import { moveOf } from "../../src/locks/lock-refs.ts";
import { acquired, released } from "../../src/locks/transitions.ts";
import type { LoggedChange } from "../../src/state/state-log.ts";
import { type Measure, paired, timed, withFolder } from "./measure.ts";

const rounds = 15;
const baseline = "one git push of a ref";
const person = ["-c", "user.name=Bench", "-c", "user.email=bench@example.org"];

/** As the agent does it when it was the last to have the lock: one transition there, one back. */
export const lockTurn: Measure = (bench) =>
  withFolder(bench, async (folder) => {
    const { store, push } = await shared(folder);
    const holder = { owner: "op_1", by: "b", host: "h", machine: "m", pid: 1, op: "bench", ttlSeconds: 600 };
    let seen: { oid: string; text: ReturnType<typeof acquired>["text"] } | null = null;
    const move = async (transition: ReturnType<typeof acquired>) => {
      const ref = await moveOf(store, transition);
      const result = await moveRefs(store, [ref], { atomic: false });
      if (result.kind !== "settled" || result.refs.get(ref.ref)?.kind !== "moved") throw new Error("not moved");
      return { oid: ref.to, text: transition.text };
    };
    const acquire = async () => {
      seen = await move(acquired("db", seen, holder, { floor: 0, now: systemClock.now() }));
    };
    const taken = await paired(rounds, () => timed(acquire), push);
    const release = async () => {
      if (seen) seen = await move(released(seen, systemClock.now()));
    };
    const back = await paired(rounds, () => timed(release), push);
    return {
      acquire: { ...taken, unit: "ms", baseline, bar: 1.3 },
      release: { ...back, unit: "ms", baseline },
    };
  });

export const publication: Measure = (bench) =>
  withFolder(bench, async (folder) => {
    const { store, root, push } = await shared(folder);
    let round = 0;
    const publish = (count: number) => async () => {
      round++;
      const changes = Array.from({ length: count }, (_, number): LoggedChange & { guarded: boolean } => ({
        sequence: number,
        operation: `op_${number}`,
        file: "infra/state/deployments.json",
        changes: [{ kind: "set", path: ["apps", `app-${number}`, "round"], value: round, before: [] }],
        publishedIn: null,
        guarded: true,
      }));
      const { now, sleep } = systemClock;
      const how = { branch: "main", message: "state", author: "B <b@example.org>", now, sleep };
      const { changes: result } = await publishChanges({ store, root, changes, moves: [], ...how });
      if (result.kind !== "there") throw new Error(result.kind);
    };
    const figure = async (count: number) => ({
      ...(await paired(rounds, () => timed(publish(count)), push)),
      unit: "ms",
      baseline,
    });
    return { "1 change": await figure(1), "10 changes": await figure(10), "100 changes": await figure(100) };
  });

/** `push`: a new commit to a ref of its own, by plain git; the milliseconds of the push alone. */
async function shared(folder: string): Promise<{ store: PrivateStore; root: string; push(): Promise<number> }> {
  const [remote, root] = [join(folder, "remote.git"), join(folder, "root")];
  const here = { directory: folder, env: process.env };
  await gitText(here, ["init", "-q", "--bare", "-b", "main", remote]);
  await gitText(here, ["clone", "-q", remote, root]);
  const clone = { ...here, directory: root };
  await gitText(clone, [...person, "commit", "-q", "--allow-empty", "-m", "first"]);
  await gitText(clone, ["push", "-q", "origin", "HEAD:refs/heads/main"]);
  const tree = await openTree(clone);
  const store = tree && (await openPrivateStore(tree, { sockets: join(folder, "ssh") }));
  if (!store) throw new Error("no store");
  return {
    store,
    root,
    async push() {
      await gitText(clone, [...person, "commit", "-q", "--allow-empty", "-m", "more"]);
      return timed(() => gitText(clone, ["push", "-q", "origin", "HEAD:refs/bench/one"]));
    },
  };
}
