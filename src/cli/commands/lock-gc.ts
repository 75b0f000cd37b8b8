import { deleteRefs, recordGenerations } from "../../engine/forget-locks.ts";
import { fetchRefs } from "../../git/fetch-refs.ts";
import { packStore } from "../../git/pack-store.ts";
import type { RefResult } from "../../git/push-refs.ts";
import { type Outworn, outwornIn, ownRefs } from "../../locks/outworn.ts";
import type { Call, Command } from "../command.ts";
import { durationOf, type LockRemote, openLockRemote } from "../locks.ts";
import { openPlaces } from "../open.ts";
import { duration, json, oneLine } from "../output.ts";

export const gc: Command = {
  name: "lock gc",
  takes: "",
  summary: "Forget locks that nobody has used for long, and pack what this clone keeps of them",
  about: [
    "Deletes, at the remote, the refs of locks that have been free for 90 days, of machines that wait no more, and what a",
    "probe left behind. The last tokens are recorded in infra/state/locks.json before, so that they are never given out",
    "again. What is used in between stays. A host that counts refs, or a push that gets slow, is a reason to run it.",
  ].join("\n"),
  options: [
    { flags: "--older-than <duration>", says: "How long a lock has to have been free (default 90d)" },
    { flags: "--dry-run", says: "Only say what would be forgotten" },
  ],
  examples: ["garza lock gc --dry-run", "garza lock gc --older-than 30d"],
  async run(call) {
    const { flag, terminal } = call;
    const freeMs = durationOf(call, "older-than", 90 * 24 * 3_600_000);
    const remote = await openLockRemote(openPlaces(call), terminal);
    if (!remote) {
      if (flag("json")) terminal.out.write(json({ remote: false }));
      else
        terminal.err.write("This repository has no remote: its locks are this machine's alone, and take no space.\n");
      return 0;
    }
    const { store } = remote;
    const refs = await fetchRefs(store, ownRefs(store));
    const outworn = outwornIn(store, refs, { freeMs, now: terminal.clock.now() });
    const results = flag("dry-run") ? null : await forget(call, remote, outworn);
    const packed = flag("dry-run") ? null : await packStore(store, ownRefs(store));
    const told = tell(outworn, results);
    if (flag("json")) terminal.out.write(json({ remote: true, ...told, store_bytes: packed }));
    else {
      terminal.out.write(textOf(told, { isDry: flag("dry-run"), freeMs }));
      if (packed)
        terminal.out.write(
          `packed  ${sizeText(packed.before)} of locks in this clone, now ${sizeText(packed.after)}\n`,
        );
    }
    return told.refused.length + told.unreadable.length > 0 ? 1 : 0;
  },
};

type Results = ReadonlyMap<string, RefResult>;

async function forget({ terminal }: Call, { store, root, branch }: LockRemote, outworn: Outworn): Promise<Results> {
  const { locks, tickets, probes } = outworn;
  if (locks.length > 0) await recordGenerations({ store, root, branch, now: terminal.clock.now }, locks);
  return deleteRefs(store, [...locks, ...tickets, ...probes]);
}

/** `results`: null before anything was deleted. */
function tell({ locks, tickets, probes, unreadable, kept }: Outworn, results: Results | null) {
  const isGone = ({ ref }: { ref: string }) => results === null || results.get(ref)?.kind === "moved";
  const gone = locks.filter(isGone);
  const all = [...locks, ...tickets, ...probes];
  return {
    forgotten: gone.map(({ resource, gen }) => ({ resource, token: gen })),
    tickets: tickets.filter(isGone).length,
    probes: probes.filter(isGone).length,
    used_meanwhile: locks.filter(({ ref }) => results?.get(ref)?.kind === "stale").map(({ resource }) => resource),
    refused: all.flatMap(({ ref }) => {
      const result = results?.get(ref);
      return result?.kind === "refused" ? [{ ref, why: result.why }] : [];
    }),
    unreadable,
    kept,
  };
}

function textOf(told: ReturnType<typeof tell>, { isDry, freeMs }: { isDry: boolean; freeMs: number }): string {
  const { forgotten, tickets, probes, used_meanwhile, refused, unreadable, kept } = told;
  const verb = isDry ? "would forget" : "forgot";
  const [first] = refused;
  const lines = [
    ...(forgotten.length > 0
      ? [
          `${verb}  ${locksText(forgotten.length)} ${freeMs > 0 ? `free for over ${duration(freeMs)}` : "that nobody has"}: ${names(forgotten)}`,
        ]
      : []),
    ...(tickets > 0
      ? [`${verb}  ${tickets} ${tickets === 1 ? "ticket" : "tickets"} of machines that wait no more`]
      : []),
    ...(probes > 0 ? [`${verb}  ${probes} ${probes === 1 ? "ref" : "refs"} of a probe`] : []),
    ...used_meanwhile.map((resource) => `kept    ${oneLine(resource)}: it was used just now`),
    ...(kept > 0 ? [`kept    ${locksText(kept)} in use, or free for less`] : []),
    ...(first
      ? [`refused  to delete ${refused.length} of them: ${oneLine(first.why)}. Its rules must let refs be deleted`]
      : []),
    ...unreadable.map(
      ({ resource, why }) =>
        `kept    ${oneLine(resource)}, which can't be read: ${oneLine(why)}. See garza lock doctor`,
    ),
  ];
  return lines.length === 0 ? "Nothing is old enough to be forgotten.\n" : `${lines.join("\n")}\n`;
}

const locksText = (count: number) => `${count} ${count === 1 ? "lock" : "locks"}`;

function names(forgotten: readonly { resource: string; token: number }[]): string {
  const shown = forgotten.slice(0, 5).map(({ resource, token }) => `${oneLine(resource)} (#${token})`);
  return `${shown.join(", ")}${forgotten.length > 5 ? `, and ${forgotten.length - 5} more` : ""}`;
}

const sizeText = (bytes: number) => (bytes < 1e6 ? `${Math.ceil(bytes / 1000)} KB` : `${(bytes / 1e6).toFixed(1)} MB`);
