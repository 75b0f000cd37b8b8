/** Setting a lock free that somebody else has, maybe a living one: exactly the one that a person has looked at. */
import { problem } from "../core/problem.ts";
import type { LocalLocks } from "./local-locks.ts";
import type { LockListener } from "./locks.ts";
import { lookAt } from "./look.ts";
import { forceFree } from "./release-away.ts";
import { resourceName } from "./resource-name.ts";
import type { Sharing } from "./sharing.ts";
import { markHere } from "./survey.ts";
import { takeFileAway } from "./take-file-away.ts";

/** `mark`: see `LockView`; undefined: whatever is there. */
export type TakeAway = { resource: string; mark: string | undefined; by: string; why: string };

export type TakeAwayRequest = {
  local: LocalLocks;
  sharing(): Promise<Sharing | undefined>;
  tell: LockListener;
};

/** Throws `busy` where something else stands there now, `remote-unreachable`. */
export async function takeAway(request: TakeAwayRequest, { resource: asked, mark, by, why }: TakeAway): Promise<void> {
  const { local, sharing, tell } = request;
  const resource = resourceName(asked);
  const row = local.row(resource);
  if (row && (mark ?? markHere(row)) === markHere(row)) {
    const { operation } = row;
    // What runs under it stops as it does when its time is over.
    tell({ type: "lost", resource, operation, why: `${by} released it by force${why && ` (${why})`}` });
    await local.release({ resource, operation, force: false, all: true });
    return;
  }
  const found = await sharing();
  const { seen = null, file } = found ? await lookAt(found, resource) : {};
  const isRef = seen !== null && ("unreadable" in seen || seen.text.st === "held");
  if (found?.legacy && file && (mark ?? (isRef ? seen.oid : file.oid)) === file.oid) {
    await takeFileAway(found, found.legacy, file, { by, why });
    return;
  }
  if (!found || !seen || seen.oid !== (mark ?? seen.oid)) {
    throw problem({
      kind: "busy",
      what: `lock ${resource} is no longer as it was shown`,
      next: `Look again: garza lock show ${resource}`,
    });
  }
  await found.turns.take([resource], () => forceFree(found, resource, seen, { by, why: why || "by force" }));
}
