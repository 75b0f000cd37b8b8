/**
 * What a lock's ref says: one commit a transition, the record in its message. Written by any machine with access to
 * the repository, so read as untrusted.
 */

import { z } from "zod";
import { randomHex } from "../core/ids.ts";
import { problem } from "../core/problem.ts";

const word = z.string().max(1000);

const schema = z.looseObject({
  v: z.literal(1),
  res: word.min(1),
  st: z.enum(["held", "free"]),
  /** Fencing token: one more at every acquire and takeover, the same for what the holder does then. */
  gen: z.int().min(1),
  /** Transitions since this generation's acquire. */
  seq: z.int().min(0),
  /** Commits in this chain, this one included; it is begun anew after a thousand. */
  n: z.int().min(1),
  /** The operation, or `user@machine` for a lock that was taken by hand. */
  owner: word.min(1),
  /** Who asked for it, and where: for people. */
  by: word,
  host: word,
  /** Random id of the holder's data folder. */
  machine: word,
  pid: z.int().min(0),
  /** What the holder calls what it does. */
  op: word,
  step: word.optional(),
  reason: word.optional(),
  /** ISO 8601: when it was acquired, and renewed last. */
  acq: z.iso.datetime(),
  ren: z.iso.datetime(),
  /** Seconds that it holds without being renewed. */
  ttl: z.number().min(1).max(1e9),
  nonce: z.string().min(16).max(100),
  /** The chain that this one follows, where it was begun anew. */
  prev: z.string().max(64).optional(),
  /** Of a release by force. */
  why: word.optional(),
});

export type LockText = z.infer<typeof schema>;

/** What stands at a ref; `unreadable`: why, where it is no record that this program understands. */
export type Seen = { oid: string; text: LockText } | { oid: string; unreadable: string };

/** `message`: that of the ref's commit. */
export function readLockText(oid: string, message: string): Seen {
  const record = message.slice(message.indexOf("\n") + 1).trim();
  let json: unknown;
  try {
    json = JSON.parse(record);
  } catch {
    return { oid, unreadable: "its commit holds no record" };
  }
  const { v } = (json ?? {}) as { v?: unknown };
  if (typeof v === "number" && v > 1) return { oid, unreadable: `it was written by a newer garza (format ${v})` };
  const read = schema.safeParse(json);
  if (read.success) {
    // What else is in it goes along, but for the name that we use ourselves.
    const { file: _, ...text } = read.data;
    return { oid, text: text as LockText };
  }
  const [issue] = read.error.issues;
  return { oid, unreadable: `its record is damaged (${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""})` };
}

export type LockVerb = "acquire" | "take-over" | "renew" | "release" | "force-release";

/** The commit's text, as `git hash-object -t commit` takes it. The time is the record's own, so that `git log` shows it. */
export function lockCommit(
  text: LockText,
  { verb, parent, tree }: { verb: LockVerb; parent: string | null; tree: string },
): string {
  const { res, gen, seq, by, host, op, ren } = text;
  const person = `${plain(by) || "garza"} <garza@${plain(host) || "host"}> ${Math.floor(Date.parse(ren) / 1000)} +0000`;
  const subject = [verb, res, `#${gen}.${seq}`, by, op].map(oneLine).join(" ");
  const head = [
    `tree ${tree}`,
    ...(parent === null ? [] : [`parent ${parent}`]),
    `author ${person}`,
    `committer ${person}`,
  ];
  return Buffer.from(`${head.join("\n")}\n\n${subject}\n\n${JSON.stringify(text)}\n`).toString("latin1");
}

/** Unguessable: two machines that write the same record at the same time must not make the same commit. */
export const nonce = (): string => randomHex(12);

const oneLine = (text: string) => text.replace(/[\p{Cc}\u2028\u2029\s]+/gu, " ").trim();
export const plain = (text: string): string => oneLine(text).replace(/[<>]/g, "").slice(0, 200);

/** Texts of ours that are longer than others would read are cut. */
export const short = (text: string): string => oneLine(text).slice(0, 500);

export const unreadable = (resource: string, why: string) =>
  problem({
    kind: "data-damaged",
    file: `the shared lock ${resource}`,
    why,
    hint: `Where nobody works on it: garza lock release ${resource} --force`,
  });
