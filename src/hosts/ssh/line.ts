/** One authenticated SSH connection: opens channels, and knows when it is gone. */
import type { Duplex } from "node:stream";
import type { AnyAuthMethod, Client, ClientChannel, SFTPWrapper } from "ssh2";
import { networkReason } from "../../core/network-error.ts";
import { Lost, NotSent, type Pty, type RemoteEnd } from "../connection.ts";
import { strongAlgorithms } from "./algorithms.ts";

export type Line = {
  isOpen(): boolean;
  /** Pieces that have come from the other side so far. */
  heard(): number;
  /** Why it is gone, once it is. */
  gone: Promise<string>;
  /** Told at once, while its channels are still as they were; until the returned function is called. */
  onGone(listener: (why: string) => void): () => void;
  /** Rejects with `Refused` when the server opens no further channel now, `NotSent`, `Lost`. */
  exec(command: string, pty?: Pty): Promise<Session>;
  shell(pty?: Pty): Promise<Session>;
  sftp(): Promise<SFTPWrapper>;
  /** A connection from there to somewhere else; rejects with the reason why there is none. */
  forward(host: string, port: number): Promise<Duplex>;
  end(): void;
};

/** `exit`: how what runs in it ended; undefined until that is known. */
export type Session = { channel: ClientChannel; exit(): RemoteEnd | undefined };

/** The server has as many channels as it allows (MaxSessions), or had until just now. */
export class Refused extends NotSent {}

export type LineRequest = {
  /** Makes what carries the bytes; it is ours from here on. */
  connect(): Duplex | Promise<Duplex>;
  user: string;
  /** Tried in this order. */
  methods: readonly AuthMethod[];
  /** The key that the server shows; rejects when it is not to be trusted. */
  verify(key: Buffer): Promise<void>;
  /** Kinds of host keys, the best one first. */
  hostKeys?: readonly string[];
  timeoutMs: number;
  /** Between two questions whether the other side is still there. */
  keepaliveMs?: number;
  signal: AbortSignal;
};

export type AuthMethod = Extract<AnyAuthMethod, { type: "publickey" | "agent" }>;

const unanswered = 3;
const hungUp = "the other side closed the connection before the handshake was over";

/** Rejects with what `verify` threw, the signal's reason, or an error that says why. */
export async function openLine(request: LineRequest): Promise<Line> {
  const { connect, user, methods, verify, hostKeys, timeoutMs, keepaliveMs = 15_000, signal } = request;
  const { Client } = (await import("ssh2")).default;
  signal.throwIfAborted();
  // From here to where the library listens nothing is waited for: no error of it may pass unheard.
  const socket = await connect();
  const client: Client = new Client();
  let distrust: unknown;
  const ready = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<string>();
  const listeners = new Set<(why: string) => void>();
  let why = "the connection was cut";
  let isUp = false;
  let heard = 0;
  const fail = (thrown: unknown) => {
    ready.reject(distrust ?? thrown);
    client.destroy();
    socket.destroy();
    // A channel of a jump host is closed only once it has been read to its end, and nobody else reads it now.
    socket.resume();
  };
  const abort = () => fail(signal.reason);

  client.on("ready", () => {
    isUp = true;
    client.setNoDelay(true);
    ready.resolve();
  });
  client.on("error", (error: Error & { level?: string }) => {
    // An agent that can't sign is no end: the next method is tried.
    if (!isUp && error.level === "agent") return;
    const reason = reasonOf(error, timeoutMs, keepaliveMs);
    if (isUp) why = `the connection was cut: ${reason}`;
    fail(new Error(reason, { cause: error }));
  });
  client.on("close", () => {
    isUp = false;
    gone.resolve(why);
    for (const listener of listeners) listener(why);
    listeners.clear();
    fail(new Error(hungUp));
  });
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  try {
    if (!signal.aborted) {
      client.connect({
        sock: socket as never,
        username: user,
        authHandler: [...methods] as never,
        algorithms: strongAlgorithms(hostKeys),
        hostVerifier: (key: Buffer, answer: (trusted: boolean) => void) => {
          verify(key).then(
            () => answer(true),
            (thrown: unknown) => {
              distrust = thrown;
              answer(false);
              fail(thrown);
            },
          );
        },
        readyTimeout: timeoutMs,
        keepaliveInterval: keepaliveMs,
        keepaliveCountMax: unanswered,
      });
    }
    await ready.promise;
  } finally {
    signal.removeEventListener("abort", abort);
  }
  socket.on("data", () => heard++);

  const isOpen = () => isUp;
  type Callback<Opened> = (error: Error | undefined, opened: Opened) => void;
  const opening = <Opened>(open: (callback: Callback<Opened>) => void) =>
    new Promise<Opened>((resolve, reject) => {
      try {
        open((error, opened) => (error ? reject(refusal(error, isOpen())) : resolve(opened)));
      } catch (thrown) {
        // Thrown before anything is sent: its socket takes no more, which is told a little later.
        isUp = false;
        reject(new NotSent(thrown instanceof Error ? thrown.message : String(thrown)));
      }
    });
  return {
    isOpen,
    heard: () => heard,
    gone: gone.promise,
    onGone(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    exec: (command, pty) => opening((callback) => client.exec(command, { ...(pty && { pty }) }, inSession(callback))),
    shell: (pty) => opening((callback) => client.shell(pty ?? false, inSession(callback))),
    sftp: () => opening((callback) => client.sftp(callback)),
    forward: (host, port) =>
      opening<Duplex>((callback) => client.forwardOut("127.0.0.1", 0, host, port, callback)).catch(
        (thrown: unknown) => {
          // Not a matter of how many channels there are: it is what lies behind that does not answer.
          if (thrown instanceof Refused) throw new Error(`from there: ${thrown.message}`, { cause: thrown });
          throw thrown;
        },
      ),
    end() {
      // Whoever comes now must not begin anything in it.
      isUp = false;
      client.end();
      // One that does not answer would stay for ever.
      setTimeout(() => socket.destroy(), 1_000).unref();
    },
  };
}

/** Listens at once: an exit may come in the same packet as the channel, before whoever asked for it hears of that. */
function inSession(callback: (error: Error | undefined, session: Session) => void) {
  return (error: Error | undefined, channel: ClientChannel | undefined) => {
    let exit: RemoteEnd | undefined;
    channel?.on("exit", (code: number | null, signal?: string) => {
      exit = { exitCode: code, signal: code === null ? (signal ?? "SIGKILL") : null };
    });
    callback(error, { channel: channel as ClientChannel, exit: () => exit });
  };
}

/** What a channel that did not open means for what was to run in it. */
function refusal(error: Error & { reason?: unknown }, isOpen: boolean): Error {
  if (error.reason !== undefined) return new Refused(error.message.replace("(SSH) ", ""), { cause: error });
  if (error.message === "No response from server") return new NotSent("the connection was cut", { cause: error });
  // The server said no; or the line was cut when it had been asked.
  if (isOpen) return new NotSent(error.message, { cause: error });
  return new Lost("the connection was cut while the command was being started", { cause: error });
}

function reasonOf(error: Error & { level?: string }, timeoutMs: number, keepaliveMs: number): string {
  const { level, message } = error;
  if (message === "Keepalive timeout") return `no answer for ${(keepaliveMs * (unanswered + 1)) / 1000} s`;
  if (level === "client-timeout") return `no answer within ${timeoutMs / 1000} s`;
  if (level === "client-authentication") return "permission denied: no key was accepted";
  if (message === "Connection lost before handshake") return hungUp;
  if (/no matching/.test(message)) return `it offers nothing that is strong enough (${message})`;
  return networkReason(error);
}
