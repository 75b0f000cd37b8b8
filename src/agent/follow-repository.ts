/** `repository.follow: ff`: every few minutes the clone is brought up to its upstream, and read again. */
import { alarm } from "../core/clock.ts";
import { parseDuration } from "../core/duration.ts";
import { GarzaError } from "../core/problem.ts";
import { validateWith } from "../engine/submit.ts";
import type { World } from "../engine/world.ts";
import { fastForward } from "../git/fast-forward.ts";

export type FollowingRequest = {
  world: Pick<World, "places" | "env" | "settings" | "library" | "stepTypes" | "sharing">;
  /** The files of the root are others than before. */
  onMoved(): void;
  say(message: string): void;
  onBug(thrown: unknown, operation: string): void;
};

/** Asks whether it is wanted at each turn: that may change meanwhile. Returns what ends it. */
export function followRepository({ world, onMoved, say, onBug }: FollowingRequest): () => Promise<void> {
  const { places, env, settings } = world;
  const ending = new AbortController();
  let told = "";
  /** The commit whose files were read. */
  let known: string | undefined;
  let callOff = () => {};
  let turning = Promise.resolve();

  const tell = (message: string) => {
    // The same obstacle, minute after minute, is told once.
    if (message !== told) say(message);
    told = message;
  };
  const turn = async () => {
    try {
      await world.sharing.fresh();
      const done = await fastForward({ directory: places.root, env, signal: ending.signal }, world.sharing.withHistory);
      if (done.kind === "kept") return tell(`the repository is not followed: ${done.why}`);
      told = "";
      const head = done.kind === "moved" ? done.to : done.head;
      const isRead = done.kind === "current" && (known === undefined || known === head);
      known = head;
      if (isRead) return;
      // It may have been moved by somebody else: who publishes state moves it, too.
      if (done.kind === "moved")
        say(`the repository went from ${done.from.slice(0, 12)} to ${done.to.slice(0, 12)}: ${done.subject}`);
      onMoved();
    } catch (thrown) {
      if (ending.signal.aborted) return;
      if (!(thrown instanceof GarzaError)) return onBug(thrown, "");
      tell(`the repository is not followed: ${thrown.message}`);
    }
  };
  const schedule = () => {
    if (ending.signal.aborted) return;
    callOff = alarm(parseDuration(settings["repository.interval"].value) ?? 0, () => {
      if (settings["repository.follow"].value === "ff") turning = turn();
      void turning.finally(schedule);
    });
  };
  schedule();
  return async () => {
    ending.abort(new Error("the agent leaves"));
    callOff();
    await turning;
  };
}

/** A line for each template that can't be run as it is now. */
export function templateFaults({ places, library, stepTypes }: Omit<FollowingRequest["world"], "sharing">): string[] {
  return library.names().flatMap((name) => {
    try {
      validateWith({ root: places.root, library, stepTypes }, library.find(name));
      return [];
    } catch (thrown) {
      if (!(thrown instanceof GarzaError)) throw thrown;
      return [
        `template ${name} can't be run: ${thrown.message.split("\n")[0]}; all of it: garza template validate ${name}`,
      ];
    }
  });
}
