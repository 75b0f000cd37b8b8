/**
 * What the service manager is told: systemd's notify protocol. Outside of a service, and where it can't be told,
 * the agent runs all the same.
 */
import { openDatagram } from "../core/datagram.ts";
import { GarzaError } from "../core/problem.ts";

export type Supervisor = {
  /** Serves from now on. Told again after `reloading`. */
  ready(status: string): void;
  /** A line for `systemctl status`. */
  status(text: string): void;
  reloading(): void;
  stopping(): void;
  /** Feeds the watchdog. */
  alive(): void;
  /** Milliseconds within which `alive` has to come again; null: nobody watches. */
  watchdogMs: number | null;
};

type Env = Readonly<Record<string, string | undefined>>;

/** `say`: told once why the service manager can't be. */
export function openSupervisor(env: Env, pid: number, say: (message: string) => void): Supervisor {
  const send = openSender(env.NOTIFY_SOCKET, say);
  return {
    ready: (status) => send(`READY=1\nSTATUS=${oneLine(status)}`),
    status: (text) => send(`STATUS=${oneLine(text)}`),
    reloading: () => send("RELOADING=1"),
    stopping: () => send("STOPPING=1\nSTATUS=leaving"),
    alive: () => send("WATCHDOG=1"),
    watchdogMs: watchdogOf(env, pid),
  };
}

function openSender(path: string | undefined, say: (message: string) => void): (text: string) => void {
  if (!path) return () => {};
  try {
    const socket = openDatagram(path);
    return (text) => void socket.send(text);
  } catch (thrown) {
    if (!(thrown instanceof GarzaError)) throw thrown;
    say(`the service manager can't be told anything: ${thrown.message}`);
    return () => {};
  }
}

/** The variables are inherited: they may be meant for another process. */
function watchdogOf({ WATCHDOG_USEC, WATCHDOG_PID }: Env, pid: number): number | null {
  const isOurs = WATCHDOG_PID === undefined || WATCHDOG_PID === String(pid);
  return isOurs && /^[1-9]\d{0,15}$/.test(WATCHDOG_USEC ?? "") ? Number(WATCHDOG_USEC) / 1000 : null;
}

const oneLine = (text: string) => text.replace(/\s+/g, " ");
