/** The control socket: HTTP and JSON for whoever may open the file, which is its owner alone. */
import { type Clock, systemClock } from "../core/clock.ts";
import { translate } from "../core/files.ts";
import { answerProblem, makeApp } from "./app.ts";
import type { AgentNote, Control } from "./control.ts";
import type { Reader } from "./reader.ts";
import { prepareSocketPlace } from "./socket-place.ts";
import { openTurns } from "./turns.ts";

export type ControlServer = {
  /** Accepts nothing more, ends open streams, waits at most 2 s for requests in hand. The socket's file is gone at once. */
  stop(): Promise<void>;
};

export type Serving = {
  /** Absolute path. Only the owner of the data folder may ask for it: a socket that is there is replaced. */
  socket: string;
  control: Control;
  reader: Reader;
  note: AgentNote;
  onBug: (thrown: unknown) => void;
  clock?: Clock;
};

/** Throws `configuration` for a place that can't be had, `input-output`. */
export async function serveControl({ socket, clock = systemClock, ...rest }: Serving): Promise<ControlServer> {
  prepareSocketPlace(socket);
  const streams = new Set<() => void>();
  const app = makeApp({ ...rest, clock, streams, turns: openTurns(clock) });
  const server = listen(
    socket,
    (request) => app.fetch(request),
    (thrown) => answerProblem(thrown, rest.onBug),
  );

  const stop = async () => {
    void server.stop();
    for (const end of streams) end();
    const latest = clock.monotonic() + 2000;
    while (server.pendingRequests > 0 && clock.monotonic() < latest) await clock.sleep(10);
    await server.stop(true);
  };
  let stopped: Promise<void> | undefined;
  return { stop: () => (stopped ??= stop()) };
}

/** Streams are cut after seconds otherwise: a single request's limit has no effect here. The types deny that there is this one. */
const idleForever: object = { idleTimeout: 0 };

type Answer = (request: Request) => Response | Promise<Response>;

function listen(unix: string, fetch: Answer, error: (thrown: unknown) => Response) {
  // The file is closed to others from the moment it is there. Nothing else can be made in between.
  const umask = process.umask(0o177);
  try {
    // The limits of bodies are those of the routes, which answer with a problem.
    return Bun.serve({ unix, maxRequestBodySize: Number.MAX_SAFE_INTEGER, fetch, error, ...idleForever });
  } catch (cause) {
    throw translate(cause, unix);
  } finally {
    process.umask(umask);
  }
}
