/** One request and its answer on a connection of its own, so that nothing is sent down a stale one. */
import type { Socket } from "node:net";
import { showDuration } from "./duration.ts";
import type { HttpAnswer, HttpRequest } from "./http.ts";
import { readBody } from "./http-body.ts";
import { credentials, showUrl } from "./http-url.ts";
import { networkReason } from "./network-error.ts";
import { type GarzaError, problem } from "./problem.ts";

type Phase = "connect" | "headers" | "body";
type Hop = Omit<HttpRequest, "url" | "headers"> & { url: URL; headers: Record<string, string> };

const mostConnectMs = 10_000;
const doing: Record<Phase, string> = {
  connect: "connecting",
  headers: "waiting for the answer",
  body: "reading the answer",
};

/** `cancel` rejects with its own reason; `limit` (the whole request's) and the phases' limits with `no-answer`. */
export async function exchange(hop: Hop, signals: { cancel: AbortSignal; limit: AbortSignal }): Promise<HttpAnswer> {
  signals.cancel.throwIfAborted();
  const { buildConnector, Client } = await import("undici/index.js");
  // undici's own time limits are coarse (a second), so each phase is timed here.
  const connector = buildConnector({ timeout: 0, allowH2: false });
  let socket: Socket | undefined;
  const client = new Client(hop.url.origin, {
    headersTimeout: 0,
    bodyTimeout: 0,
    connect(options, settle) {
      const started: unknown = connector(options, (...result) => {
        if (result[0] === null) phases.enter("headers");
        settle(...result);
      });
      socket = started as Socket;
    },
  });
  const phases = timePhases(hop, signals, (reason) => {
    void client.destroy(reason);
    socket?.destroy();
  });
  try {
    const answer = await client.request({
      method: hop.method.toUpperCase() as "GET",
      path: `${hop.url.pathname}${hop.url.search}`,
      headers: { accept: "*/*", "user-agent": "garza", ...credentials(hop.url), ...hop.headers },
      body: hop.body ?? null,
    });
    phases.enter("body");
    const headers = Object.fromEntries(
      Object.entries(answer.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(", ") : `${value}`,
      ]),
    );
    const body = await readBody(
      answer.body,
      hop.method.toUpperCase() === "HEAD" ? {} : headers,
      hop.maxBytes ?? 1024 * 1024,
    );
    return { status: answer.statusCode, headers, ...body };
  } catch (error) {
    throw phases.stopped() ?? refusedHeader(error) ?? silent(hop, phases.now(), networkReason(error), error);
  } finally {
    phases.end();
    void client.destroy();
  }
}

/** Watches the limit of the phase at hand and both signals; the first of them stops the exchange with a reason. */
function timePhases(hop: Hop, signals: { cancel: AbortSignal; limit: AbortSignal }, stop: (reason: Error) => void) {
  let phase: Phase = "connect";
  let timer: ReturnType<typeof setTimeout> | undefined;
  let reason: Error | undefined;
  const halt = (why: Error) => {
    reason ??= why;
    stop(reason);
  };
  const late = (ms: number) => halt(silent(hop, phase, `no success within ${showDuration(ms)}, while ${doing[phase]}`));
  const onLimit = () => late(hop.timeoutMs);
  const onCancel = () => halt(signals.cancel.reason);
  signals.limit.addEventListener("abort", onLimit, { once: true });
  signals.cancel.addEventListener("abort", onCancel, { once: true });
  const phaseTimer = {
    enter(next: Phase) {
      phase = next;
      clearTimeout(timer);
      const ms = hop.limits?.[next] ?? (next === "connect" ? mostConnectMs : undefined);
      if (ms !== undefined && ms < hop.timeoutMs) timer = setTimeout(() => late(ms), ms);
    },
    now: () => phase,
    stopped: () => reason,
    end() {
      clearTimeout(timer);
      signals.limit.removeEventListener("abort", onLimit);
      signals.cancel.removeEventListener("abort", onCancel);
    },
  };
  phaseTimer.enter("connect");
  // Both may have come while the library was loaded.
  if (signals.limit.aborted) onLimit();
  if (signals.cancel.aborted) onCancel();
  return phaseTimer;
}

const silent = (hop: Hop, phase: Phase, why: string, cause?: unknown) =>
  problem({ kind: "no-answer", where: showUrl(hop.url), why, sent: phase !== "connect" }, cause);

function refusedHeader(error: unknown): GarzaError | undefined {
  const isRefused = error instanceof Error && "code" in error && error.code === "UND_ERR_INVALID_ARG";
  if (!isRefused) return undefined;
  return problem({ kind: "value-refused", code: "E_HTTP", where: "request", message: error.message }, error);
}
