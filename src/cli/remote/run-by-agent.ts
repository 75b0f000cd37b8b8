/** `garza run … --on HOST` where an agent serves there: submitted, followed and cancelled from here, whatever the line does. */
import type { EndedRow } from "../../agent/outcome.ts";
import { type GarzaClient, openClient } from "../../api/client.ts";
import type { Wanted } from "../../api/control.ts";
import { randomHex } from "../../core/ids.ts";
import { problem } from "../../core/problem.ts";
import { showFault } from "../../core/problems.ts";
import { isMapping } from "../../core/value.ts";
import type { Call } from "../command.ts";
import { refuseDanger } from "../confirm.ts";
import { exitOf } from "../exit-of.ts";
import { openView } from "../open-view.ts";
import { json } from "../output.ts";
import { type RunRequest, readRequest } from "../request.ts";
import { followThere } from "../run-remote.ts";
import { wantedOf } from "../submit.ts";
import { farCommand } from "./far-command.ts";
import { type Insist, insisting } from "./insisting.ts";
import type { There } from "./on-host.ts";
import { openTunnel } from "./tunnel.ts";

/** The exit code; undefined where no agent serves there, or what is asked for is none of its business. */
export async function runByAgent(call: Call, there: There): Promise<number | undefined> {
  // Files are read there, and only garza there can do that.
  if (call.args.some((word, at) => (at === 0 ? /^[@./]/ : /^[\w-]+=@/).test(word))) return undefined;
  const request = readRequest(call);
  if (request.dryRun || request.local || request.offline) return undefined;
  const patience = untilAccepted(call, there.host.name);
  const tunnel = await openTunnel(there.hosts, there.host);
  try {
    if (!tunnel) return undefined;
    const client = openClient({ socket: tunnel.socket });
    const insist = insisting(tunnel, there.host.name);
    if (!(await patience.or(insist.serves(client)))) return undefined;
    return await byAgent({ call, there, request, client, insist, patience });
  } finally {
    patience.over();
    await tunnel?.close();
  }
}

type Asking = {
  call: Call;
  there: There;
  request: RunRequest;
  client: GarzaClient;
  insist: Insist;
  patience: ReturnType<typeof untilAccepted>;
};

async function byAgent({ call, there, request, client, insist, patience }: Asking): Promise<number> {
  const { terminal } = call;
  const { operation } = await patience.or(insist.on(() => client.template(request.template)));
  if (isMapping(operation) && (operation.danger ?? "low") !== "low")
    await patience.or(refuseDanger(request.template, request, terminal));
  // What was sent once more with the same key is the same operation.
  const key = request.key ?? `on-${randomHex(12)}`;
  const wanted: Wanted = { ...wantedOf(request.template, request, terminal), key };
  const submit = async () => {
    patience.sent();
    let tries = 0;
    const ask = () => {
      tries++;
      return client.submit([wanted]);
    };
    const [accepted] = await patience.or(insist.on(ask));
    patience.over();
    if (!accepted) throw new Error("nothing was accepted");
    return tries === 1 ? accepted : { ...accepted, isNew: true };
  };
  if (request.detach) {
    const { id, warnings } = await submit();
    for (const warning of warnings) terminal.err.write(`${showFault(warning)}\n`);
    terminal.out.write(request.json ? json({ id }) : `${id}\n`);
    return 0;
  }
  const on = ` --on ${there.host.name}`;
  const view = await openView(terminal, request.json, on);
  try {
    const row = (id: string) => insist.onJournal(() => rowOf(there, id));
    const agent = `the agent of ${there.host.name}`;
    return exitOf(await followThere({ client, row, on, agent }, call, view, submit));
  } finally {
    view.close();
  }
}

/** From the journal there, which outlives the agent. */
async function rowOf({ hosts, host }: There, id: string): Promise<EndedRow> {
  const signal = AbortSignal.timeout(30_000);
  const line = farCommand(host, ["status", id, "--json"]);
  const quiet = { signal, control: true, say: () => {} };
  const { stdout } = await hosts.use(host.name, quiet, (far) => far.exec(line, { signal }));
  const text = stdout.toString();
  // A login shell may have printed something before it.
  return JSON.parse(text.slice(text.indexOf("\n{") + 1)) as EndedRow;
}

/** A signal before the operation is known here leaves; afterwards it is asked what it means. */
function untilAccepted({ args: [template = ""], terminal }: Call, host: string) {
  const left = Promise.withResolvers<never>();
  left.promise.catch(() => {});
  let isSent = false;
  const release = terminal.onSignal(() =>
    left.reject(
      problem({
        kind: "left-by-signal",
        message: isSent
          ? `left ${host}; whether ${template} was submitted there is not known. Look: garza history --on ${host}`
          : `left before anything was submitted on ${host}`,
      }),
    ),
  );
  return {
    or: <Result>(work: Promise<Result>): Promise<Result> => Promise.race([work, left.promise]),
    sent() {
      isSent = true;
    },
    over: release,
  };
}
