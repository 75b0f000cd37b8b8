/** The agent's control socket: at once, or where most are gone before anybody asks, after a moment. */
import type { Control } from "../api/control.ts";
import type { Reader } from "../api/reader.ts";
import { alarm } from "../core/clock.ts";
import { GarzaError } from "../core/problem.ts";
import type { Owner, Ownership } from "../store/owner.ts";

export type ServeRequest = {
  /** `soon`: loading the server would cost a short run more than the rest of it, and it may do without. */
  when: "now" | "soon";
  socket: string;
  control: Control;
  reader: Reader;
  /** Changes with what there is to tell. */
  note: Owner;
  ownership: Ownership;
  onBug(thrown: unknown): void;
};

export type Serving = { stop(): Promise<void> };

const soonMs = 150;

/** Throws `configuration` for a place that can't be had, unless `soon`. */
export async function serve(request: ServeRequest): Promise<Serving> {
  if (request.when === "now") return open(request);
  let opened: Promise<Serving | undefined> | undefined;
  const callOff = alarm(soonMs, () => {
    opened = open(request).catch((thrown: unknown) => {
      if (!(thrown instanceof GarzaError)) request.onBug(thrown);
      return undefined;
    });
  });
  return {
    async stop() {
      callOff();
      await (await opened)?.stop();
    },
  };
}

async function open({ socket, control, reader, note, ownership, onBug }: ServeRequest): Promise<Serving> {
  const { serveControl } = await import("../api/server.ts");
  note.socket = socket;
  const server = await serveControl({ socket, control, reader, note, onBug });
  ownership.announce(note);
  return server;
}
