import { type GarzaError, messageOf, problem } from "../../core/problem.ts";
import type { ShownKeys } from "../../hosts/connections.ts";
import { knownHostsLock } from "../../hosts/dial.ts";
import type { Host } from "../../hosts/inventory.ts";
import { fingerprint, learn, lookUp, showType, typeOf } from "../../hosts/ssh/known-hosts.ts";
import { judge, nameOf } from "../../hosts/ssh/trust.ts";
import { type SshWay, waysTo } from "../../hosts/ways.ts";
import type { Call, Command } from "../command.ts";
import { isYes } from "../confirm.ts";
import { json } from "../output.ts";
import { type OpenHosts, withHosts } from "../remote/open-hosts.ts";

export const trust: Command = {
  name: "ssh trust",
  takes: "<host>",
  summary: "Take down a host's key as known, once it has been compared",
  about: [
    "Shows the keys that HOST shows, and writes the one into ~/.ssh/known_hosts whose fingerprint you give, or agree",
    "to at a terminal. On the host itself: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub. A key that has changed",
    "takes the place of the old one.",
  ].join("\n"),
  options: [{ flags: "--fingerprint <sha256>", says: "The fingerprint that the host itself has told: SHA256:…" }],
  examples: [
    "garza ssh trust web1",
    "garza ssh trust web1 --fingerprint SHA256:jYkRz0Y5OkYvq9wT1tUzg0qS3oFJQ3mT2t8m5nO1w2c",
  ],
  staysHere: true,
  run: (call) =>
    withHosts(call, async (open) => {
      const host = open.inventory.find(call.args[0] ?? "");
      const shown = await shownBy(open, host);
      const key = await choose(call, host, shown);
      const { config } = shown;
      const name = nameOf(config);
      const known = lookUp(config.knownHosts, name);
      const verdict = judge(known, key);
      const told = { host: host.name, name, type: showType(typeOf(key)), fingerprint: fingerprint(key) };
      const [file] = config.knownHosts;
      if (known.revoked.some((each) => each.key === key.toString("base64")))
        throw problem({ kind: "host-key-changed", ...told, address: name, why: "it is revoked in known_hosts" });
      if (verdict.kind !== "known" && file !== undefined) {
        const lock = knownHostsLock(open.places.data);
        await learn({ file, name, key, hashed: config.hashKnownHosts, replace: verdict.kind === "changed", lock });
      }
      if (call.flag("json")) call.terminal.out.write(json({ ...told, file, was: verdict.kind }));
      const done = verdict.kind === "known" ? "was known already in" : "is known now in";
      call.terminal.err.write(`the key of ${host.name} (${told.type} ${told.fingerprint}) ${done} ${file}\n`);
      return 0;
    }),
};

/** By the first route that shows any: behind a jump host it is the same key. */
async function shownBy({ hosts, inventory }: OpenHosts, host: Host): Promise<ShownKeys> {
  const ways = waysTo(host, inventory.ssh()).ways.filter((way): way is SshWay => way.kind === "ssh");
  const failures: { route: string; why: string; thrown: unknown }[] = [];
  for (const way of ways) {
    try {
      return await hosts.shownKeys(way, AbortSignal.timeout(way.timeoutMs * (way.jumps.length + 2)));
    } catch (thrown) {
      failures.push({ route: way.label, why: messageOf(thrown).split("\n")[0] ?? "", thrown });
    }
  }
  // A jump host has to be trusted first, and says so itself.
  const own = failures.map(({ thrown }) => thrown).find((thrown) => kindOf(thrown)?.startsWith("host-key"));
  if (own !== undefined) throw own;
  const routes = failures.map(({ route, why }) => ({ route, why }));
  throw problem({ kind: "host-unreachable", host: host.name, why: "no route of it shows a key", routes });
}

const kindOf = (thrown: unknown) => (thrown as Partial<GarzaError>).problem?.kind;

async function choose(call: Call, host: Host, { config, keys }: ShownKeys): Promise<Buffer> {
  const { terminal, value } = call;
  const wanted = value("fingerprint");
  const list = keys.map((key) => `  ${showType(typeOf(key))} ${fingerprint(key)}`).join("\n");
  if (wanted !== undefined) {
    const bare = (text: string) => text.replace(/^SHA256:/, "").replace(/=+$/, "");
    const found = keys.find((key) => bare(fingerprint(key)) === bare(wanted));
    if (found) return found;
    throw problem({
      kind: "not-allowed",
      what: `${host.name} shows no key ${wanted}; it shows\n${list}`,
      next: "Nothing was written",
    });
  }
  const [best] = keys;
  if (!best) throw problem({ kind: "host-unreachable", host: host.name, why: "it shows no key" });
  const verdict = judge(lookUp(config.knownHosts, nameOf(config)), best);
  if (verdict.kind === "known") return best;
  terminal.err.write(`${host.name} (${nameOf(config)}) shows\n${list}\n`);
  if (verdict.kind === "changed") terminal.err.write(`It is not the key that was known: ${verdict.why}\n`);
  const question = `Is ${fingerprint(best)} what the host itself says? [y/N] `;
  if (terminal.interactive && isYes(await terminal.ask(question))) return best;
  throw problem({
    kind: "not-allowed",
    what: `the key of ${host.name} was not taken down`,
    next: `Compare it, then: garza ssh trust ${host.name} --fingerprint ${fingerprint(best)}`,
  });
}
