/** Locks and state at a remote of this machine, against one bare `git push` of a ref by the same way. */
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { publishChanges } from "../../src/engine/publish-changes.ts";
import { gitText } from "../../src/git/git.ts";
import { moveRefs } from "../../src/git/move-refs.ts";
import { openPrivateStore, type PrivateStore } from "../../src/git/private-store.ts";
import type { RefMove } from "../../src/git/push-refs.ts";
import { openTree } from "../../src/git/tree.ts";
import { moveOf } from "../../src/locks/lock-refs.ts";
import { openSightings } from "../../src/locks/sightings.ts";
import { surveyLocks } from "../../src/locks/survey.ts";
import { acquired, released } from "../../src/locks/transitions.ts";
import type { LoggedChange } from "../../src/state/state-log.ts";
import { openTransport, type TransportName } from "../support/transports.ts";
import { type Bench, type Figure, type Measure, paired, timed, withFolder } from "./measure.ts";

const rounds = 15;
const baseline = "one git push of a ref";
const person = ["-c", "user.name=Bench", "-c", "user.email=bench@example.org"];
const holder = { owner: "op_1", by: "b", host: "h", machine: "m", pid: 1, op: "bench", ttlSeconds: 600 };

type Known = { oid: string; text: ReturnType<typeof acquired>["text"] };

/** As the agent does it when it was the last to have the lock: one transition there, one back. */
function turnsOf(store: PrivateStore, resource: string) {
  let seen: Known | null = null;
  const move = async (transition: ReturnType<typeof acquired>): Promise<Known> => {
    const ref = await moveOf(store, transition);
    const result = await moveRefs(store, [ref], { atomic: false });
    if (result.kind !== "settled" || result.refs.get(ref.ref)?.kind !== "moved") throw new Error("not moved");
    return { oid: ref.to, text: transition.text };
  };
  return {
    async acquire() {
      seen = await move(acquired(resource, seen, holder, { floor: 0, now: systemClock.now() }));
    },
    async release() {
      if (seen) seen = await move(released(seen, systemClock.now()));
    },
  };
}

export const lockTurn =
  (name: TransportName): Measure =>
  (bench) =>
    withRemote(bench, name, async ({ store, push }) => {
      const { acquire, release } = turnsOf(store, "db");
      const taken = await paired(rounds, () => timed(acquire), push);
      const back = await paired(rounds, () => timed(release), push);
      return {
        acquire: { ...taken, unit: "ms", baseline, bar: 1.3 },
        release: { ...back, unit: "ms", baseline },
      };
    });

/** Acquire and release of eight workers, each of its own lock, beside each other; and of one alone. Per turn. */
export const lockTurns =
  (name: TransportName): Measure =>
  (bench) =>
    withRemote(bench, name, async ({ store, push, pushTo }) => {
      const turns = 5;
      const many = async (workers: number): Promise<Figure> => {
        const all = Array.from({ length: workers }, (_, number) => turnsOf(store, `lock-${workers}-${number}`));
        const work = () =>
          timed(() =>
            Promise.all(
              all.map(async ({ acquire, release }) => {
                for (let turn = 0; turn < turns; turn++) await acquire().then(release);
              }),
            ),
          );
        const pushes = () =>
          timed(() =>
            Promise.all(
              all.map(async (_, number) => {
                for (let time = 0; time < 2 * turns; time++) await pushTo(`refs/bench/${number}`);
              }),
            ),
          );
        const { value, against } = await paired(3, work, pushes);
        const each = workers * turns;
        return { value: value / each, against: against / each, unit: "ms", baseline: "two such git pushes" };
      };
      await push();
      return { "one lock": await many(1), "eight locks": await many(8) };
    });

/** What `garza lock list` asks and makes of it, each lock held by another machine; what it has seen before, and for the first time. */
export const lockList =
  (name: TransportName): Measure =>
  (bench) =>
    withRemote(bench, name, async (at) => {
      const { store, folder, remote, url } = at;
      const figures: Record<string, Figure> = {};
      let made = 0;
      for (const count of [10, 100, 1_000]) {
        const moves: RefMove[] = [];
        for (; made < count; made++)
          moves.push(await moveOf(store, acquired(`lock-${made}`, null, holder, { floor: 0, now: systemClock.now() })));
        // By way of a push, which brings the commits.
        const pushed = await moveRefs(store, moves, { atomic: false });
        if (pushed.kind !== "settled") throw new Error("the locks could not be made");
        await gitText({ directory: remote, env: process.env }, ["pack-refs", "--all"]);
        const sightings = openSightings(
          join(folder, "seen"),
          () => ({ graceMs: 10_000, skewMs: 300_000 }),
          systemClock,
        );
        const list = async () => {
          const surveyor = {
            db: null,
            remote: { store, sightings, legacy: undefined },
            host: "h",
            now: systemClock.now(),
          };
          if ((await surveyLocks(surveyor)).length !== count) throw new Error("some locks are not listed");
        };
        const bare = () => timed(() => gitText(at.clone, ["ls-remote", url, "refs/garza/locks/*"]));
        const against = await bare();
        figures[`${count}, first time`] = {
          value: await timed(list),
          against,
          unit: "ms",
          baseline: "git ls-remote of them",
        };
        figures[String(count)] = {
          ...(await paired(5, () => timed(list), bare)),
          unit: "ms",
          baseline: "git ls-remote of them",
        };
      }
      return figures;
    });

export const publication: Measure = (bench) =>
  withRemote(bench, "file", async ({ store, root, push }) => {
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

type Remote = {
  folder: string;
  /** Path of the bare repository. */
  remote: string;
  url: string;
  store: PrivateStore;
  root: string;
  clone: { directory: string; env: Readonly<Record<string, string | undefined>> };
  /** A new commit to a ref, by plain git over the same kept connection; the milliseconds of the push alone. */
  push(): Promise<number>;
  pushTo(ref: string): Promise<number>;
};

async function withRemote<Result>(
  bench: Pick<Bench, "folder">,
  name: TransportName,
  work: (remote: Remote) => Promise<Result>,
) {
  await using transport = await openTransport(name);
  return await withFolder(bench, async (folder) => {
    const [remote, root] = [join(folder, "remote.git"), join(folder, "root")];
    const here = { directory: folder, env: { ...process.env, ...transport.env } };
    await gitText(here, ["init", "-q", "--bare", "-b", "main", remote]);
    const url = transport.url(remote);
    await gitText(here, ["clone", "-q", url, root]);
    const tree = await openTree({ ...here, directory: root });
    await gitText({ ...here, directory: root }, [...person, "commit", "-q", "--allow-empty", "-m", "first"]);
    await gitText({ ...here, directory: root }, ["push", "-q", "origin", "HEAD:refs/heads/main"]);
    const store = tree && (await openPrivateStore(tree, { sockets: join(folder, "ssh") }));
    if (!store) throw new Error("no store");
    const clone = { directory: root, env: store.env };
    const empty = await gitText(clone, ["rev-parse", "HEAD^{tree}"]);
    const pushTo = async (ref: string) => {
      const commit = await gitText(clone, [...person, "commit-tree", "-m", String(Math.random()), empty]);
      return timed(() => gitText(clone, ["push", "-q", "-f", "origin", `${commit}:${ref}`]));
    };
    return work({ folder, remote, url, store, root, clone, pushTo, push: () => pushTo("refs/bench/one") });
  });
}
