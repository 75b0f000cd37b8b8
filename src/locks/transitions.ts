/** The next record of a lock, from the one that is there. Pure: whoever pushes it names the commit it was made from. */
import { type LockText, type LockVerb, nonce, type Seen, short } from "./lock-text.ts";

export type Holder = {
  /** The operation, or `user@machine`. */
  owner: string;
  by: string;
  host: string;
  machine: string;
  pid: number;
  /** What it does, for people. */
  op: string;
  step?: string;
  reason?: string;
  ttlSeconds: number;
};

/** `from`: the commit that it follows; null at a resource's first use. `parent`: null where a chain begins. */
export type Transition = { verb: LockVerb; from: string | null; parent: string | null; text: LockText };

/** A longer chain costs whoever fetches it for the first time more than it tells. */
const longestChain = 1024;

/** `floor`: the greatest generation ever seen of it: a ref that was deleted must not begin anew below. */
export function acquired(
  res: string,
  seen: Seen | null,
  holder: Holder,
  { floor, now }: { floor: number; now: number },
): Transition {
  const before = seen && "text" in seen ? seen.text : null;
  const { owner, by, host, machine, pid, op, step, reason, ttlSeconds } = holder;
  const time = new Date(now).toISOString();
  const text = {
    v: 1 as const,
    res,
    st: "held" as const,
    gen: Math.max(before?.gen ?? 0, floor) + 1,
    seq: 0,
    owner,
    by: short(by),
    host: short(host),
    machine,
    pid,
    op: short(op),
    ...(step !== undefined && { step: short(step) }),
    ...(reason !== undefined && { reason: short(reason) }),
    acq: time,
    ren: time,
    ttl: ttlSeconds,
  };
  return chained(before?.st === "held" ? "take-over" : "acquire", seen, text);
}

/** Of the holder's own lock; `seen` is its last transition. */
export function renewed(seen: Own, now: number): Transition {
  return chained("renew", seen, { ...kept(seen.text), seq: seen.text.seq + 1, ren: new Date(now).toISOString() });
}

export function released(seen: Own, now: number): Transition {
  const { text } = seen;
  return chained("release", seen, { ...kept(text), st: "free", seq: text.seq + 1, ren: new Date(now).toISOString() });
}

/** Also of a lock whose record can't be read. */
export function forced(
  res: string,
  seen: Seen,
  who: Holder,
  { floor, now, why }: { floor: number; now: number; why: string },
): Transition {
  const held = "text" in seen ? kept(seen.text) : acquired(res, null, who, { floor, now }).text;
  const time = new Date(now).toISOString();
  const text = {
    ...held,
    st: "free" as const,
    seq: held.seq + 1,
    ren: time,
    by: short(who.by),
    host: short(who.host),
    why: short(why),
  };
  return chained("force-release", seen, text);
}

type Own = { oid: string; text: LockText };

/** What one transition has for itself is not carried on. */
function kept({ prev: _, why: __, ...text }: LockText): LockText {
  return text;
}

function chained(verb: LockVerb, seen: Seen | null, text: Omit<LockText, "n" | "nonce">): Transition {
  const from = seen?.oid ?? null;
  const before = seen && "text" in seen ? seen.text.n : 0;
  const goesOn = seen !== null && before > 0 && before < longestChain;
  const whole = { ...text, n: goesOn ? before + 1 : 1, nonce: nonce(), ...(seen && !goesOn && { prev: seen.oid }) };
  return { verb, from, parent: goesOn ? seen.oid : null, text: whole as LockText };
}
