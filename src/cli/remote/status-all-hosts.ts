/** `garza status --on all`: every host of the inventory is asked at once; one that does not answer holds up no other. */
import { messageOf } from "../../core/problem.ts";
import { isMapping, type Mapping, toText, type Value } from "../../core/value.ts";
import type { Host } from "../../hosts/inventory.ts";
import type { Call } from "../command.ts";
import { duration, json, oneLine, type Paint, paintFor, table } from "../output.ts";
import { farCommand } from "./far-command.ts";
import { type OpenHosts, withHosts } from "./open-hosts.ts";

type Answer = { host: string; local: boolean } & ({ status: Mapping } | { error: string });

/** For one host, on its way there included. */
const patienceMs = 30_000;

export function statusOfAllHosts(call: Call, here: (call: Call) => Promise<Mapping>): Promise<number> {
  return withHosts(call, async ({ hosts, inventory }) => {
    const { flag, terminal } = call;
    const all = inventory.names().map((name) => inventory.find(name));
    const answers = await Promise.all(
      all.map(async (host): Promise<Answer> => {
        const { name, local } = host;
        try {
          return { host: name, local, status: host.local ? await here(call) : await askHost(hosts, host) };
        } catch (thrown) {
          return { host: name, local, error: messageOf(thrown) };
        }
      }),
    );
    const paint = paintFor(terminal.out, terminal.env);
    terminal.out.write(flag("json") ? json(answers) : shown(answers, paint, terminal.clock.now()));
    return answers.every((answer) => "status" in answer) ? 0 : 69;
  });
}

async function askHost(hosts: OpenHosts["hosts"], host: Host): Promise<Mapping> {
  const signal = AbortSignal.timeout(patienceMs);
  const line = farCommand(host, ["status", "--json"]);
  const { exitCode, stdout, stderr } = await hosts.use(host.name, { signal }, (far) => far.exec(line, { signal }));
  const document = parse(stdout.toString());
  if (exitCode === 0 && isMapping(document) && Array.isArray(document.running)) return document;
  if (exitCode === 127) throw new Error("garza was not found there (garza: { program: … } in infra/hosts.yml)");
  const [first] = stderr.toString().trim().split("\n");
  throw new Error(first ? first.replace(/^garza: /, "") : `garza there ended with ${exitCode}`);
}

function parse(text: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch {
    // A login there may print something of its own: then it is told as what it is.
    return null;
  }
}

function shown(answers: readonly Answer[], paint: Paint, now: number): string {
  if (answers.length === 0) return "there are no hosts in infra/hosts.yml\n";
  const head = ["HOST", "AGENT", "RUNNING", "QUEUED", "ATTENTION", "LAST"].map(paint.faint);
  return `${table([head, ...answers.map((answer) => row(answer, paint, now))])}\n`;
}

function row(answer: Answer, paint: Paint, now: number): string[] {
  const name = paint.strong(oneLine(answer.host));
  if ("error" in answer) return [name, `${paint.bad("FAIL")}  ${oneLine(answer.error.split("\n")[0] ?? "")}`];
  const { agent, running, queued_count, attention, ended, full_disk } = answer.status;
  const [last] = list(ended);
  const needy = list(attention).length;
  const disk = full_disk === null || full_disk === undefined ? "" : paint.bad(" disk full");
  return [
    name,
    `${isMapping(agent) ? paint.good("runs") : paint.faint("none")}${disk}`,
    named(list(running)),
    toText(queued_count),
    needy > 0 ? paint.odd(String(needy)) : "0",
    last ? `${oneLine(toText(last.template))} ${toText(last.status)}, ${age(last.ended_at, now)} ago` : "",
  ];
}

const list = (value: Value | undefined): Mapping[] => (Array.isArray(value) ? value.filter(isMapping) : []);

function named(running: readonly Mapping[]): string {
  const [first] = running;
  const more = running.length > 1 ? ` and ${running.length - 1} more` : "";
  return first ? `${oneLine(toText(first.template))}${more}` : "0";
}

const age = (at: Value | undefined, now: number) => duration(now - Number(at ?? now));
