import { problem } from "../../core/problem.ts";
import type { LockView } from "../../locks/survey.ts";
import type { Call, Command } from "../command.ts";
import { isYes } from "../confirm.ts";
import { lockText } from "../lock-text.ts";
import { lookAtLocks, lookAtOne, resourceOf } from "../locks.ts";
import { openPlaces } from "../open.ts";
import { json, oneLine, paintFor } from "../output.ts";
import { withControl } from "../owner.ts";
import { whoAsks } from "../who-asks.ts";

export const release: Command = {
  name: "lock release",
  takes: "<resource>",
  summary: "Give back a lock that was taken by hand, or take one away by force",
  about: [
    "With --force the lock is set free whoever has it, here or on another machine: exactly the one that is shown, and not",
    "one that was taken since. What works under it is stopped as soon as its machine hears of it, and rolls nothing back.",
  ].join("\n"),
  options: [
    { flags: "--force", says: "Take it from whoever has it, also from one that lives" },
    { flags: "--reason <text>", says: "Why it is taken, for the record" },
    { flags: "--yes", says: "Do not ask" },
  ],
  examples: [
    "garza lock release service-web",
    'garza lock release service-web --force --reason "web2 is gone for good" --yes',
  ],
  async run(call) {
    const { flag, terminal } = call;
    const { out, err } = terminal;
    const resource = resourceOf(call);
    const by = whoAsks(terminal.env);
    const force = flag("force") ? await confirmed(call, resource) : undefined;
    const { was_held, owed } =
      force === null
        ? { was_held: false, owed: null }
        : await withControl(openPlaces(call), terminal, (control) =>
            control.releaseLock({ resource, by, ...(force && { force }) }),
          );
    if (flag("json")) out.write(json({ resource, was_held, owed }));
    else out.write(`lock ${oneLine(resource)} ${was_held ? "is free" : "was free already"}\n`);
    if (owed !== null) err.write(`garza: other machines learn of it as soon as they can be told: ${oneLine(owed)}\n`);
    return 0;
  },
};

/** What is to be taken, after it was shown and agreed to; null: there is nothing. Throws `not-allowed`. */
async function confirmed(call: Call, resource: string): Promise<{ mark: string; reason: string } | null> {
  const { value, flag, terminal } = call;
  const { view, hasRemote } = await lookAtLocks(openPlaces(call), terminal, lookAtOne(resource));
  if (view.state === "free") return null;
  const { err, env, clock } = terminal;
  err.write(lockText(view, { now: clock.now(), hasRemote, paint: paintFor(err, env) }));
  err.write(`${meaning(view)}\n`);
  const next = "If it is meant: add --yes";
  if (!flag("yes")) {
    if (!terminal.interactive)
      throw problem({ kind: "not-allowed", what: "a lock is taken by force, and nobody can be asked here", next });
    if (!isYes(await terminal.ask(`Take lock ${oneLine(resource)} away? [y/N] `)))
      throw problem({ kind: "not-allowed", what: `lock ${oneLine(resource)} was left alone`, next });
  }
  return { mark: view.mark, reason: value("reason") ?? "" };
}

function meaning({ holder, freeIn }: LockView): string {
  if (!holder) return "Its record is replaced. Nobody can tell whether somebody works under it.";
  if (holder.scope === "file")
    return "By force: a commit removes the file, and git pull brings that here. The other tool may be at work.";
  if (holder.scope !== "away")
    return "By force: what runs under it here is stopped at once, and nothing is rolled back.";
  if (freeIn === 0) return "By force: its time is over, so what ran under it should have stopped by now.";
  return `By force: ${oneLine(holder.host)} may be at work under it until it hears of this, when it next renews the lock.`;
}
