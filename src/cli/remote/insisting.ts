/** Asking the agent of another host over lines that may be cut: once more, until it is clear that nobody answers. */
import type { GarzaClient } from "../../api/client.ts";
import { systemClock } from "../../core/clock.ts";
import { GarzaError, messageOf, problem } from "../../core/problem.ts";
import { Lost, NotSent } from "../../hosts/connection.ts";
import { TakesNone, type Tunnel } from "./tunnel.ts";

/** What is asked of an agent that is away may still be answered, or was. */
export const mayComeBack: ReadonlySet<string> = new Set(["no-agent", "no-answer", "outcome-unknown"]);

export type Insist = {
  /** False: no agent serves there, or the route carries no questions to one. Else as `on`. */
  serves(client: GarzaClient): Promise<boolean>;
  /** What is asked must be no harm when it is done twice. Throws what keeps us from the host, `outcome-unknown`, `no-agent`. */
  on<Answer>(ask: () => Promise<Answer>): Promise<Answer>;
  /** The same for what asks the host and not its agent. */
  onJournal<Answer>(ask: () => Promise<Answer>): Promise<Answer>;
};

/** With which `garza connect` tells that nobody serves there, or the shell that there is no such program. */
const clear: ReadonlySet<number | null> = new Set([2, 69, 77, 78, 126, 127]);

const tries = 10;
const pauseMs = 500;

export function insisting(tunnel: Tunnel, host: string): Insist {
  const insist = async <Answer>(ask: () => Promise<Answer>, faultOf: Tunnel["fault"]) => {
    for (let time = 1; ; time++) {
      try {
        return await ask();
      } catch (thrown) {
        if (!isPassing(thrown)) throw thrown;
        const fault = faultOf();
        if (fault instanceof GarzaError) throw fault;
        const isClear = fault !== undefined && !(fault instanceof Error) && clear.has(fault.exitCode);
        if (isClear || fault instanceof TakesNone) throw noAgent(host, thrown);
        if (time === tries) throw givenUp(host, thrown, fault);
        await systemClock.sleep(pauseMs);
      }
    }
  };
  return {
    on: (ask) => insist(ask, tunnel.fault),
    onJournal: (ask) => insist(ask, () => undefined),
    async serves(client) {
      try {
        await insist(() => client.agent(), tunnel.fault);
        return true;
      } catch (thrown) {
        if (thrown instanceof GarzaError && thrown.problem.kind === "no-agent") return false;
        throw thrown;
      }
    },
  };
}

/** A line that was cut, and an answer that was cut short by it. */
const isPassing = (thrown: unknown) =>
  thrown instanceof GarzaError
    ? mayComeBack.has(thrown.problem.kind) || thrown.problem.kind === "host-unreachable"
    : thrown instanceof Lost || thrown instanceof NotSent || thrown instanceof SyntaxError;

const noAgent = (host: string, cause: unknown) => problem({ kind: "no-agent", socket: `its socket on ${host}` }, cause);

function givenUp(host: string, thrown: unknown, fault: Error | { exitCode: number | null } | undefined) {
  const why = fault instanceof Error ? fault.message : messageOf(thrown);
  if (thrown instanceof GarzaError && thrown.problem.kind === "outcome-unknown")
    return problem({ kind: "outcome-unknown", what: "this", why, next: `Look: garza history --on ${host}` }, thrown);
  return problem({ kind: "host-unreachable", host, why }, thrown);
}
