/** The agent in the foreground: a plain log on standard error, a line an event. */
import type { Agent } from "../agent/agent.ts";
import { statusText } from "../agent/heartbeat.ts";
import { openSupervisor, type Supervisor } from "../agent/supervisor.ts";
import type { Places } from "../core/config.ts";
import type { OperationEvent } from "../core/events.ts";
import { openLogFile } from "../core/log-file.ts";
import { describe, exitCode, messageOf, problem } from "../core/problem.ts";
import type { Call } from "./command.ts";
import { logLine } from "./log-line.ts";
import { keepMergeDriver } from "./merge-driver.ts";
import { jsonLine } from "./output.ts";
import { reach, refuseOwner } from "./owner.ts";
import { heedSignals } from "./signals.ts";
import type { Terminal } from "./terminal.ts";

export type ServeRequest = {
  places: Places;
  /** What was typed. */
  command: string;
  workers: number | undefined;
  /** Leaves when nothing runs, and nothing waits that could go on without a person or the clock. */
  untilEmpty: boolean;
  /** A file that takes the log in place of standard error. */
  log?: string | undefined;
};

type Say = (text: string) => void;

/** The exit code. Throws `busy` where the repository has an agent. */
export async function serveForeground({ terminal, flag }: Call, request: ServeRequest): Promise<number> {
  const { places, command, workers, untilEmpty } = request;
  const say = sayTo(terminal, flag("json"), request.log);
  const supervisor = openSupervisor(terminal.env, process.pid, say);
  const onBug = (thrown: unknown, operation: string) =>
    say(
      `a bug in garza${operation && `, in ${operation}`}: ${thrown instanceof Error ? thrown.stack : messageOf(thrown)}`,
    );
  const asked = new AbortController();
  const hurry = new AbortController();
  const stop = () => (asked.signal.aborted ? hurry.abort() : asked.abort());
  const leave = () => {
    asked.abort();
    hurry.abort();
  };
  let agent: Agent | undefined;
  // Without a terminal nobody can have closed it: then it asks to read the configuration again.
  const hangUp = () => (isOnTerminal(terminal) ? leave() : agent && reload(agent, supervisor));
  const release = heedSignals(terminal, { interrupt: stop, leave, hangUp, terminate: stop });
  try {
    await keepMergeDriver(places.root, terminal, say);
    // What happens before it is ready is told after that.
    const early: OperationEvent[] = [];
    let hear: Hear = (event) => void early.push(event);
    const onEvent: Hear = (event) => hear(event);
    const own = { command, workers, serves: "now", supervisor, say, onEvent, onBug, signal: asked.signal } as const;
    const reached = await reach(places, terminal, own).catch((thrown: unknown) => {
      throw asked.signal.aborted ? problem({ kind: "left-by-signal", message: "gave up waiting" }) : thrown;
    });
    if (reached.kind === "agent") return refuseOwner(reached.note);
    agent = reached.agent;
    tellReady(agent, say, supervisor);
    const { masker } = agent;
    hear = (event) => {
      const line = logLine(event, masker);
      if (line !== null) say(line);
    };
    early.forEach(hear);
    return await serve(agent, say, { untilEmpty, asked: asked.signal, hurry: hurry.signal, supervisor });
  } finally {
    release();
  }
}

type Hear = (event: OperationEvent) => void;

function tellReady(agent: Agent, say: Say, supervisor: Supervisor): void {
  const { workers, socket } = agent.note;
  say(`ready: ${workers} at once, on ${socket}`);
  supervisor.ready(statusText(agent.counts()));
  if (agent.recovered.length > 0) say(`carrying on what ran when its process died: ${agent.recovered.join(", ")}`);
}

type End = { untilEmpty: boolean; asked: AbortSignal; hurry: AbortSignal; supervisor: Supervisor };

async function serve(agent: Agent, say: Say, { untilEmpty, asked, hurry, supervisor }: End): Promise<number> {
  const isAsked = new Promise<"asked">((resolve) => {
    if (asked.aborted) resolve("asked");
    asked.addEventListener("abort", () => resolve("asked"), { once: true });
  });
  const why = await Promise.race([isAsked, agent.broken, ...(untilEmpty ? [agent.idle()] : [])]);
  supervisor.stopping();
  if (why === "asked") say("leaving: nothing more is begun, running steps are waited for");
  const left = await agent.leave(undefined, hurry);
  if (typeof why === "object") {
    say(`stopping, as nothing can be recorded any more: ${describe(why)}`);
    return exitCode(why);
  }
  say(left.length > 0 ? `left, to be carried on by the next agent: ${left.join(", ")}` : "left");
  return 0;
}

function sayTo({ clock, out, err, env }: Terminal, json: boolean, file: string | undefined): Say {
  const log = file === undefined ? undefined : openLogFile(file);
  return (message) => {
    const at = new Date(clock.now()).toISOString();
    if (json) out.write(jsonLine({ at, message }));
    else if (log) log.write(`${at} ${message}`);
    // The journal has the time of each line already.
    else err.write(env.JOURNAL_STREAM ? `${message}\n` : `${at} ${message}\n`);
  };
}

const isOnTerminal = ({ interactive, out, err }: Terminal) => interactive || out.isTerminal || err.isTerminal;

function reload(agent: Agent, supervisor: Supervisor): void {
  supervisor.reloading();
  const refused = agent.reload();
  supervisor.ready(refused ? `a wrong configuration is not in force: garza agent status` : statusText(agent.counts()));
}
