/** `garza run … --on HOST` where an agent serves there: submitted, followed and cancelled from here, whatever the line does. */
import { type GarzaClient, openClient } from "../../api/client.ts";
import type { Accepted, Control, Wanted } from "../../api/control.ts";
import { randomHex } from "../../core/ids.ts";
import { GarzaError } from "../../core/problem.ts";
import { showFault } from "../../core/problems.ts";
import { isMapping } from "../../core/value.ts";
import type { Call } from "../command.ts";
import { refuseDanger } from "../confirm.ts";
import { exitOf } from "../exit-of.ts";
import { openView } from "../open-view.ts";
import { json } from "../output.ts";
import { readRequest } from "../request.ts";
import { type EndedRow, followThere } from "../run-remote.ts";
import { wantedOf } from "../submit.ts";
import { farCommand } from "./far-command.ts";
import type { There } from "./on-host.ts";
import { openTunnel, type Tunnel } from "./tunnel.ts";

/** The exit code; undefined where no agent serves there, or what is asked for is none of its business. */
export async function runByAgent(call: Call, there: There): Promise<number | undefined> {
  const request = readRequest(call);
  if (request.dryRun || request.local || request.offline) return undefined;
  const { hosts, host } = there;
  const tunnel = await openTunnel(hosts, host);
  try {
    const client = openClient({ socket: tunnel.socket });
    if (!(await serves(client, tunnel))) return undefined;
    const { terminal } = call;
    const { operation } = await client.template(request.template);
    if (isMapping(operation) && (operation.danger ?? "low") !== "low")
      await refuseDanger(request.template, request, terminal);
    // What was sent once more with the same key is the same operation.
    const wanted = { ...wantedOf(request.template, request, terminal), key: request.key ?? `on-${randomHex(12)}` };
    if (request.detach) {
      const { id, warnings } = await submitTo(client, wanted);
      for (const warning of warnings) terminal.err.write(`${showFault(warning)}\n`);
      terminal.out.write(request.json ? json({ id }) : `${id}\n`);
      return 0;
    }
    const view = await openView(terminal, request.json);
    try {
      const place = {
        on: ` --on ${host.name}`,
        agent: `the agent of ${host.name}`,
        row: (id: string) => rowOf(there, id),
      };
      return exitOf(await followThere({ ...place, client }, call, view, (control) => submitTo(control, wanted)));
    } finally {
      view.close();
    }
  } finally {
    await tunnel.close();
  }
}

/** Throws what keeps us from the host itself. */
async function serves(client: GarzaClient, tunnel: Tunnel): Promise<boolean> {
  try {
    await client.agent();
    return true;
  } catch (thrown) {
    if (!(thrown instanceof GarzaError) || thrown.problem.kind !== "no-agent") throw thrown;
    const fault = tunnel.fault();
    if (fault instanceof GarzaError) throw fault;
    return false;
  }
}

const tries = 5;
const pauseMs = 1_000;

/** A line that was cut leaves it open whether the agent has got it. */
async function submitTo(control: Pick<Control, "submit">, wanted: Wanted): Promise<Accepted> {
  for (let time = 1; ; time++) {
    try {
      const [accepted] = await control.submit([wanted]);
      if (!accepted) throw new Error("nothing was accepted");
      return time === 1 ? accepted : { ...accepted, isNew: true };
    } catch (thrown) {
      const isOpen = thrown instanceof GarzaError && ["outcome-unknown", "no-agent"].includes(thrown.problem.kind);
      if (!isOpen || time === tries) throw thrown;
      await Bun.sleep(pauseMs);
    }
  }
}

/** From the journal there, which also outlives the agent. */
async function rowOf({ hosts, host }: There, id: string): Promise<EndedRow> {
  const signal = AbortSignal.timeout(30_000);
  const line = farCommand(host, ["status", id, "--json"]);
  const { stdout } = await hosts.use(host.name, { signal, control: true, say: () => {} }, (far) =>
    far.exec(line, { signal }),
  );
  return JSON.parse(stdout.toString()) as EndedRow;
}
