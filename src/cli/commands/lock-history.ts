import { lockHistory, type Transition } from "../../locks/lock-history.ts";
import type { Command } from "../command.ts";
import { lookAtLocks, resourceOf } from "../locks.ts";
import { openPlaces } from "../open.ts";
import { json, oneLine, table, time } from "../output.ts";
import { readLimit } from "../statuses.ts";

export const history: Command = {
  name: "lock history",
  takes: "<resource>",
  summary: "Who had a lock and when, newest first, as all machines have recorded it",
  about:
    "Renewals are left out unless --all is given. A lock that was never shared has no such record: see garza history.",
  options: [
    { flags: "--limit <n>", says: "At most so many (default 20)" },
    { flags: "--all", says: "Renewals too" },
  ],
  examples: ["garza lock history service-web", "garza lock history service-web --all --json"],
  async run(call) {
    const { flag, value, terminal } = call;
    const limit = readLimit(value("limit"));
    const resource = resourceOf(call);
    const found = await lookAtLocks(openPlaces(call), terminal, async ({ remote }) =>
      remote ? lockHistory(remote.store, resource, 2_000) : [],
    );
    const shown = found.filter(({ verb }) => flag("all") || verb !== "renew").slice(0, limit);
    if (flag("json")) terminal.out.write(json({ resource, transitions: shown.map(transitionJson) }));
    else if (shown.length > 0) terminal.out.write(`${table(shown.map(cells))}\n`);
    else terminal.err.write(`Nothing is recorded of lock ${oneLine(resource)}.\n`);
    return 0;
  },
};

function transitionJson({ oid, verb, text }: Transition) {
  if (!text) return { commit: oid, verb };
  const { gen, seq, by, host, owner, op, reason, why, ren, ttl } = text;
  return {
    commit: oid,
    at: Date.parse(ren),
    verb,
    token: gen,
    seq,
    by,
    host,
    owner,
    operation: op,
    reason,
    why,
    ttl_seconds: ttl,
  };
}

function cells({ oid, verb, text }: Transition): string[] {
  if (!text) return ["", oneLine(verb), `commit ${oid.slice(0, 12)} holds no record`];
  const { ren, gen, by, host, op, reason, why } = text;
  return [
    time(Date.parse(ren)),
    oneLine(verb),
    `#${gen}`,
    oneLine(`${by} on ${host}`),
    oneLine(op),
    oneLine(why ?? reason ?? ""),
  ];
}
