/** State that a lock guards, over every way to a remote: it arrives once, with the lock's own next step, or not at all. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { systemClock } from "../../src/core/clock.ts";
import { type Published, publishChanges } from "../../src/engine/publish-changes.ts";
import type { Carry } from "../../src/locks/keeper.ts";
import type { RecordedChange } from "../../src/state/recorded-change.ts";
import { clockAhead, raceTo, stolen } from "../support/lock-attacks.ts";
import { type Fleet, fleets } from "../support/machines.ts";
import { sandbox } from "../support/temporary.ts";
import { overEach } from "../support/transports.ts";

const here = fleets(sandbox());

/** As the publisher does it; `ended` is what became of the state each time. */
function carrier(root: string) {
  const ended: Published["changes"][] = [];
  const { now, sleep } = systemClock;
  const how = { branch: "main", fallback: "main", message: "state", author: "A <a@example.org>", now, sleep };
  const carry: Carry = (resources, move, { store }) =>
    move(resources, async (moves) => {
      const set: RecordedChange = { kind: "set", path: ["count"], value: ended.length + 1, before: [] };
      const change = { sequence: 1, operation: "op_1", file: "infra/state/s.json", publishedIn: null, guarded: true };
      const published = await publishChanges({ store, root, changes: [{ ...change, changes: [set] }], moves, ...how });
      ended.push(published.changes);
      return published.moved;
    });
  return { carry, ended };
}

/** A machine that has the lock, and will give it back with its state. */
async function publishing(at: Fleet) {
  const { carry, ended } = carrier(join(at.home, "one"));
  const one = at.machine("one", { carry });
  await one.acquire("op_1");
  return {
    one,
    kinds: () => ended.map(({ kind }) => kind),
    /** Renews it in the same push. */
    publish: async () => (await carry(["db"], one.locks.move, await one.sharing())).get("db"),
    async release() {
      await one.release("op_1");
      return one.locks.settled();
    },
  };
}

const main = (at: Fleet) => at.refs("refs/heads/")["refs/heads/main"];
const counts = (at: Fleet) =>
  (main(at) === undefined ? "" : at.git(at.remote, "log", "--reverse", "--format=%H", "main"))
    .split("\n")
    .filter(Boolean)
    .map((commit) => JSON.parse(at.git(at.remote, "show", `${commit}:infra/state/s.json`)).count);

overEach((open) => {
  test("it comes in the very push that renews its lock, or gives it back", async () => {
    const at = here(open());
    const { publish, release } = await publishing(at);
    at.hook("pre-receive", "echo $(cut -d' ' -f3 | sort) >> pushes");
    expect(await publish()).toEqual({ kind: "moved" });
    expect([at.record().st, at.record().seq]).toEqual(["held", 1]);
    at.git(at.remote, "gc", "-q", "--prune=now");
    expect([await release(), at.record().st, counts(at)]).toEqual([null, "free", [1, 2]]);
    const both = "refs/garza/locks/db refs/heads/main\n";
    expect(await Bun.file(join(at.remote, "pushes")).text()).toBe(both + both);
  });

  test("where the answer is lost it is there once all the same", async () => {
    const at = here(open());
    const { publish, release } = await publishing(at);
    const [first, second] = [open().loseAnswer(at.remote), publish()];
    expect([await second, first.isDone(), counts(at)]).toEqual([{ kind: "moved" }, true, [1]]);
    const last = open().loseAnswer(at.remote);
    expect([await release(), last.isDone(), counts(at)]).toEqual([null, true, [1, 2]]);
    expect(at.record()).toMatchObject({ st: "free", gen: 1, seq: 2 });
  });

  test("a holder that slept, and whose lock is another's, publishes nothing", async () => {
    const at = here(open());
    const { publish, release, kinds } = await publishing(at);
    await publish();
    const two = at.machine("two", { clock: clockAhead(3_600_000) });
    expect(await two.acquire("op_2")).toBe(2);
    const before = at.refs("refs/");
    expect(await publish()).toMatchObject({ kind: "lost" });
    await release();
    expect([kinds().slice(0, 2), at.refs("refs/")]).toEqual([["there", "unguarded"], before]);
  });

  test("one that is overtaken while it pushes publishes nothing", async () => {
    const at = here(open());
    const { publish, kinds } = await publishing(at);
    await publish();
    const thief = stolen(at);
    raceTo(at, thief);
    expect(await publish()).toMatchObject({ kind: "lost" });
    expect([kinds(), counts(at), at.refs()["refs/garza/locks/db"]]).toEqual([["there", "unguarded"], [1], thief]);
  });

  test("a branch that moves while it pushes is published to again", async () => {
    const at = here(open());
    const { publish, kinds } = await publishing(at);
    await publish();
    const tree = at.git(at.remote, "rev-parse", "main^{tree}");
    const theirs = at.git(at.remote, "commit-tree", "-m", "theirs", "-p", main(at) ?? "", tree);
    raceTo(at, theirs, "refs/heads/main");
    expect([await publish(), kinds()]).toEqual([{ kind: "moved" }, ["there", "there"]]);
    expect([counts(at), at.record().seq]).toEqual([[1, 1, 2], 2]);
  });

  test("a rule that refuses the branch leaves the lock as it is", async () => {
    const at = here(open());
    const { publish, kinds } = await publishing(at);
    at.hook("update", 'case "$1" in refs/heads/*) exit 1;; esac');
    const before = at.refs("refs/");
    expect([(await publish())?.kind, kinds(), at.refs("refs/")]).toEqual(["not-now", ["refused"], before]);
  });
});
