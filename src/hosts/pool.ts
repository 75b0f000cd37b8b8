/**
 * The open ways to one host, shared by all who work there. A connection carries four channels and one more for
 * looking and cancelling; who comes next gets another connection. A dead one is made anew when it is next needed.
 */
import type { Clock } from "../core/clock.ts";
import { NotSent } from "./connection.ts";
import type { Runner } from "./runner.ts";
import { type Line, Refused } from "./ssh/line.ts";

export type Reached = ({ kind: "line"; line: Line } | { kind: "runner"; runner: Runner }) & { route: string };

export type PoolRequest = {
  clock: Clock;
  /** A connection that nobody uses is kept so long. */
  idleMs: number;
  /** One on which nothing is heard for so long, while a look or a stop waits for its channel, may be dead: another one is opened. */
  silentMs: number;
  /** A new way in. Rejects with a problem. */
  reach(say: (text: string) => void): Promise<Reached>;
};

/**
 * `control` has a channel kept free for it; `forward` is a connection to somewhere behind. `quits` gives up at once: what is
 * opened does nothing by itself.
 */
export type Wish = {
  purpose: "work" | "control" | "forward";
  signal: AbortSignal;
  quits?: AbortSignal | undefined;
  say(text: string): void;
};

export type Pool = {
  /** What the next command would go by; opens it where none is open. */
  current(wish: Wish): Promise<Reached>;
  /** Begins something in a channel of its own; `leave` gives that back. One that opens when nobody waits any more is `discard`ed. */
  begin<Opened>(
    wish: Wish,
    start: (line: Line) => Promise<Opened>,
    discard?: (opened: Opened) => void,
  ): Promise<Begun<Opened>>;
  close(): void;
};
export type Begun<Opened> = { opened: Opened; line: Line; leave(): void };

type Kept = {
  line: Line;
  route: string;
  /** Sessions, and connections to somewhere behind: a server limits the first alone. */
  inUse: number;
  forwards: number;
  limit: number;
  spare: number;
  /** It may be dead without a word. */
  isSilent: boolean;
  rest?: ReturnType<typeof setTimeout>;
};

const channels = 4;
const spareChannels = 1;
const mostForwards = 64;
/** A slot is free on the server a little after its end is seen here. */
const refusedPauseMs = 20;
const mostRefusals = 15;
/** A route without a connection holds nothing open; the better ones are tried again after this. */
const runnerMs = 60_000;

class Silent extends NotSent {}

type Start<Opened> = {
  start: (line: Line) => Promise<Opened>;
  discard: (opened: Opened) => void;
  patienceMs: number;
};

export function openPool({ clock, idleMs, silentMs, reach }: PoolRequest): Pool {
  let kept: Kept[] = [];
  let runner: { reached: Reached; until: number } | undefined;
  let opening: Promise<void> | undefined;
  const hearers = new Set<(text: string) => void>();
  let freed = Promise.withResolvers<void>();
  let isClosed = false;
  let allowed = { limit: channels, spare: spareChannels };

  const open = async () => {
    const reached = await reach((text) => {
      for (const hear of hearers) hear(text);
    });
    if (reached.kind === "runner") {
      runner = { reached, until: clock.monotonic() + runnerMs };
      return;
    }
    const { line, route } = reached;
    if (isClosed) return line.end();
    runner = undefined;
    const one: Kept = { line, route, inUse: 0, forwards: 0, isSilent: false, ...allowed };
    // What another one can do meanwhile, they can't: what runs in them is to hear of it now.
    for (const each of kept) if (each.isSilent) each.line.end();
    kept.push(one);
    rest(one);
    void line.gone.then(() => {
      clearTimeout(one.rest);
      kept = kept.filter((each) => each !== one);
    });
  };

  const rest = (one: Kept) => {
    clearTimeout(one.rest);
    if (one.inUse + one.forwards > 0) return;
    one.rest = setTimeout(() => one.line.end(), idleMs);
    one.rest.unref();
  };

  const hasRoom = ({ line, inUse, forwards, limit, spare, isSilent }: Kept, { purpose }: Wish) => {
    if (!line.isOpen() || isSilent) return false;
    if (purpose === "forward") return forwards < mostForwards;
    return inUse < (purpose === "control" ? limit + spare : limit);
  };

  const count = (one: Kept, { purpose }: Wish, more: 1 | -1) => {
    if (purpose === "forward") one.forwards += more;
    else one.inUse += more;
  };

  const more = async ({ signal, say }: Wish) => {
    hearers.add(say);
    opening ??= open().finally(() => {
      opening = undefined;
    });
    try {
      await orAborted(opening, signal);
    } catch (thrown) {
      // Full is not unreachable: somebody's end makes room.
      if (signal.aborted || !kept.some(({ line }) => line.isOpen())) throw thrown;
      await orAborted(Promise.race([freed.promise, clock.sleep(1_000)]), signal);
    } finally {
      hearers.delete(say);
    }
  };

  const openRunner = () =>
    runner && kept.length === 0 && clock.monotonic() < runner.until ? runner.reached : undefined;

  /** A connection with a channel taken in it; or a route that has none. */
  const take = async (wish: Wish): Promise<Kept | Reached> => {
    for (;;) {
      if (isClosed) throw new NotSent("the connections are being closed");
      const free = kept.find((one) => hasRoom(one, wish));
      if (free) {
        // Now, not when whoever asked gets to hear of it: several ask at once.
        count(free, wish, 1);
        clearTimeout(free.rest);
        return free;
      }
      const reached = openRunner();
      if (reached) return reached;
      await more(wish);
    }
  };

  const leave = (one: Kept, wish: Wish) => {
    count(one, wish, -1);
    rest(one);
    freed.resolve();
    freed = Promise.withResolvers();
  };

  /** Rejects once nothing is heard for so long. */
  const silence = async ({ line, route }: Kept, ms: number, signal: AbortSignal): Promise<never> => {
    for (;;) {
      const before = line.heard();
      await clock.sleep(ms, signal);
      if (line.heard() === before) throw new Silent(`nothing is heard by ${route}`);
    }
  };

  /** Rejects with `Silent` where somebody has to know, with the signal's reason where nothing is lost by that. */
  const startSoon = async <Opened>(
    one: Kept,
    { purpose, signal, quits }: Wish,
    { start, discard, patienceMs }: Start<Opened>,
  ): Promise<Opened> => {
    const opening = start(one.line);
    const isUrgent = purpose === "control";
    if (!isUrgent && !quits) return opening;
    const over = new AbortController();
    const stop = AbortSignal.any([over.signal, ...(isUrgent ? [signal] : []), ...(quits ? [quits] : [])]);
    const given = isUrgent ? silence(one, patienceMs, stop) : orAborted(new Promise<never>(() => {}), stop);
    given.catch(() => {});
    try {
      return await Promise.race([opening, given]);
    } catch (thrown) {
      one.isSilent = thrown instanceof Silent;
      opening
        .then(discard, () => {})
        .finally(() => {
          one.isSilent = false;
        });
      throw thrown;
    } finally {
      over.abort();
    }
  };

  return {
    async current(wish) {
      for (;;) {
        if (isClosed) throw new NotSent("the connections are being closed");
        const live = kept.find(({ line }) => line.isOpen());
        if (live) return { kind: "line", line: live.line, route: live.route };
        const reached = openRunner();
        if (reached) return reached;
        await more(wish);
      }
    },

    async begin(wish, start, discard = () => {}) {
      const { signal, quits } = wish;
      const taking = quits ? { ...wish, signal: AbortSignal.any([signal, quits]) } : wish;
      for (let refusals = 0, cuts = 0, patienceMs = silentMs; ; ) {
        const one = await take(taking);
        if ("kind" in one) throw new NotSent(`${one.route} takes no input and carries no files`);
        try {
          quits?.throwIfAborted();
          const opened = await startSoon(one, wish, { start, discard, patienceMs });
          let isLeft = false;
          return {
            opened,
            line: one.line,
            leave() {
              if (!isLeft) leave(one, wish);
              isLeft = true;
            },
          };
        } catch (thrown) {
          leave(one, wish);
          if (quits?.aborted) throw thrown;
          // The other one may be as slow.
          if (thrown instanceof Silent) patienceMs *= 2;
          if (thrown instanceof Refused && refusals < mostRefusals) {
            refusals++;
            await clock.sleep(refusedPauseMs, signal);
          } else if (thrown instanceof Refused && one.inUse > 0) {
            // This server allows fewer than others: so it will on the next connection.
            allowed = { limit: Math.min(one.limit, one.inUse), spare: 0 };
            Object.assign(one, allowed);
            refusals = 0;
          } else if (!(thrown instanceof Silent) && (!(thrown instanceof NotSent) || one.line.isOpen() || ++cuts > 3)) {
            throw thrown;
          }
        }
      }
    },

    close() {
      isClosed = true;
      for (const { line, rest: timer } of kept) {
        clearTimeout(timer);
        line.end();
      }
      kept = [];
    },
  };
}

export function orAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
