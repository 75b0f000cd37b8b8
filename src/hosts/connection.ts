/** Ways to hosts, as the rest of the program sees them: what runs command lines there, whatever route it takes. */
import type { Readable, Writable } from "node:stream";
import type { SFTPWrapper } from "ssh2";

/** One open way to a host. */
export type Connection = {
  /** Name in the inventory, or the address as written. */
  host: string;
  /** How it was reached, for people: `primary`, `fallback 2 (jump host bastion)`. */
  route: string;
  /** False for routes that can only run a command line and give back its output (MCP tool, script): no standard input, no files. */
  takesInput: boolean;
  /**
   * Runs one short command line in the login shell there. Rejects with `NotSent` when it certainly never started (retry or other
   * route is safe), with `Lost` when its outcome is unknown (line cut, no exit), with the signal's reason when that was aborted
   * (what was started goes on there). Output beyond `limit` bytes (default 1 MiB each) is a `Lost` too: what runs is given up.
   */
  exec(line: string, options?: ExecOptions): Promise<ExecResult>;
  /**
   * The same, with its streams open, for following output or joining two ends. Back-pressure holds. On a route that
   * does not take input the output comes at the end. Null: a login shell, where `takesInput`.
   */
  open(line: string | null, options?: OpenOptions): Promise<RemoteStream>;
  /** SFTP session (ssh2's), only where `takesInput`; end it with `end()`. Rejects with `NotSent`. */
  sftp(): Promise<SFTPWrapper>;
};

/** `quits`: gives up, with its reason, as long as `stdin` is not sent, without which the line must do nothing. */
export type ExecOptions = { stdin?: string | Uint8Array; signal?: AbortSignal; quits?: AbortSignal; limit?: number };
export type ExecResult = RemoteEnd & { stdout: Buffer; stderr: Buffer };
export type OpenOptions = { pty?: Pty; signal?: AbortSignal };
export type Pty = { term: string; cols: number; rows: number };
/** A null exit code comes with the signal that ended it (`SIGTERM`). */
export type RemoteEnd = { exitCode: number | null; signal: string | null };

export type RemoteStream = {
  stdin: Writable;
  /** Both have to be read (or resumed): the end comes only after them. */
  stdout: Readable;
  stderr: Readable;
  /** Rejects with `Lost` when the line was cut before the exit came. Nobody has to await it. */
  ended: Promise<RemoteEnd>;
  /** The terminal there has another size now. */
  resize(cols: number, rows: number): void;
  /** Asks the server to signal it (`INT`); not every server does. */
  signal(name: string): void;
  /** Gives up the channel; what was started goes on there. */
  close(): void;
};

export type Connections = {
  /**
   * Works on the host by its best route; counts against the host's `max_concurrent` unless `control: true` (cancel, look,
   * re-attach: a channel kept free for these). Throws `host-unreachable` (with each route and what went wrong),
   * `host-unknown`, `host-key-unknown`, `host-key-changed`, `configuration`. `user` is who to log in as; `say` hears of each attempt.
   */
  use<T>(host: string, options: UseOptions, work: (connection: Connection) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

export type UseOptions = { signal: AbortSignal; user?: string; control?: boolean; say?: (text: string) => void };

/** The command certainly never started: to send it again, by this or another route, is safe. */
export class NotSent extends Error {
  override name = "NotSent";
}

/** Nobody here can tell what became of the command. */
export class Lost extends Error {
  override name = "Lost";
}
