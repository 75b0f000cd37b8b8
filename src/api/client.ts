/** The control socket from the other side: the same `Control`, in another process, and the same problems. */
import type { z } from "zod";
import { type Clock, systemClock } from "../core/clock.ts";
import type { OperationEvent } from "../core/events.ts";
import { ask, send } from "./ask.ts";
import { type Absence, followTold } from "./client-follow.ts";
import { openQuestions } from "./client-questions.ts";
import type { Accepted, AgentNote, Control, Synced, Told, Wanted, Watching } from "./control.ts";
import type { Condition } from "./questions.ts";
import type { OperationFilter } from "./reader.ts";
import type { WantedJson } from "./routes/operation-schemas.ts";
import type { queue } from "./schemas/agent.ts";
import type { operation, operationPage } from "./schemas/operation.ts";
import { type AcceptedJson, acceptedFromJson, type HolderJson, holderFromJson, operationId } from "./wire.ts";

/**
 * Everything throws `no-agent` where nobody listens, `not-allowed` where the socket is another user's, and
 * `outcome-unknown` for a change that the agent left without an answer: it must not be asked for again blindly.
 * Following outlasts the agent: it waits for the next one, and goes on where it was.
 */
export type GarzaClient = Omit<Control, "follow" | "watch"> & {
  follow(id: string, after: number, signal: AbortSignal, absence?: Absence): AsyncIterable<OperationEvent>;
  watch(id: string, watching?: Watching & Absence): AsyncIterable<Told>;
  agent(): Promise<AgentNote & Condition & { uptime_ms: number }>;
  operation(id: string): Promise<z.output<typeof operation>>;
  list(filter: OperationFilter): Promise<z.output<typeof operationPage>>;
  stats(): Promise<z.output<typeof queue>>;
};

/** Connects anew for each request: on a kept connection one that fails can't be told from one that was never sent. */
export function openClient({ socket, clock = systemClock }: { socket: string; clock?: Clock }): GarzaClient {
  const get = <Answer>(path: string) => ask<Answer>(socket, path);
  const post = <Answer = unknown>(path: string, body: object) => ask<Answer>(socket, path, body);
  const about = (id: string, verb: string, body: object) =>
    post<AcceptedJson & { carries_on: boolean }>(`/operations/${operationId(id)}/${verb}`, body);

  const watch: GarzaClient["watch"] = (id, { after = "0", output = false, signal = never(), ...absence } = {}) => {
    const open = (last: string) => {
      const query = new URLSearchParams({ after: last, ...(output && { output: "1" }) });
      return send(socket, `/operations/${operationId(id)}/events?${query}`, { signal, timeout: false });
    };
    return followTold({ open, after, signal, clock, ...absence });
  };

  return {
    ...openQuestions(socket),
    async submit(wanted) {
      const body = { operations: wanted.map(toJson) };
      const { operations } = await post<{ operations: AcceptedJson[] }>("/operations", body);
      return operations.map(acceptedFromJson);
    },
    cancel: async (id, by) => void (await about(id, "cancel", { by })),
    retry: async (id, by): Promise<Accepted> => acceptedFromJson(await about(id, "retry", { by })),
    resume: async (id, by, from) => void (await about(id, "resume", { by, from })),
    resolve: async (id, step, as, by) => (await about(id, "resolve", { by, step, as })).carries_on,
    rollback: async (id, by) => (await about(id, "rollback", { by })).id,
    acquireLock: async ({ resource, by, reason, ttlSeconds, waitSeconds }) => {
      const body = { by, reason, ttl_seconds: ttlSeconds, wait_seconds: waitSeconds };
      const { holder } = await post<{ holder: HolderJson }>(`/locks/${encodeURIComponent(resource)}/acquire`, body);
      return holderFromJson(holder);
    },
    releaseLock: ({ resource, ...body }) => post(`/locks/${encodeURIComponent(resource)}/release`, body),
    pause: async (template, by, reason) =>
      void (await post("/queue/pause", { by, template: template ?? undefined, reason: reason ?? undefined })),
    unpause: async (template) =>
      (await post<{ was_paused: boolean }>("/queue/unpause", { template: template ?? undefined })).was_paused,
    syncState: async () => (await post<{ synced: Synced | null }>("/state-sync", {})).synced,
    async *follow(id, after, signal, absence = {}) {
      for await (const told of watch(id, { after: String(after), signal, ...absence }))
        if ("event" in told) yield told.event;
    },
    watch,
    agent: () => get("/agent"),
    operation: async (id) => get(`/operations/${operationId(id)}`),
    list: ({ limit, ...rest }) => get(`/operations?${new URLSearchParams({ limit: String(limit), ...rest })}`),
    stats: () => get("/queue"),
  };
}

const never = () => new AbortController().signal;

function toJson({ template, parameters, priority, askedBy, key, timeout, notBefore, notAfter }: Wanted): WantedJson {
  const given = Object.entries(parameters);
  return {
    template,
    parameters: Object.fromEntries(given.flatMap(([name, one]) => ("json" in one ? [[name, one.json]] : []))),
    text_parameters: Object.fromEntries(given.flatMap(([name, one]) => ("text" in one ? [[name, one.text]] : []))),
    priority,
    asked_by: askedBy,
    key,
    timeout,
    not_before: notBefore,
    not_after: notAfter,
  };
}
