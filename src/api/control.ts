/**
 * What a person or a program can ask of whoever owns the data folder. The agent implements it; the socket and its
 * client carry it to other processes; a command without an agent has it for as long as it owns the folder.
 */
import type { OperationEvent } from "../core/events.ts";
import type { Stream } from "../core/output.ts";
import type { Fault } from "../core/problems.ts";
import type { Verdict } from "../engine/resolve.ts";
import type { LockHolder } from "../locks/locks.ts";
import type { TemplateSource } from "../template/library.ts";
import type { Given } from "../template/parameters.ts";
import type { Questions } from "./questions.ts";

export type { Verdict } from "../engine/resolve.ts";
/** Who serves a data folder: `agent.json` in it, and `GET /v1/agent`. */
export type { Owner as AgentNote } from "../store/owner.ts";

/** An operation that is wanted. Times are milliseconds since 1970. */
export type Wanted = {
  /** A name, looked up by the agent in its root; or a text that the caller has read. */
  template: string | TemplateSource;
  parameters: Record<string, Given>;
  /** 0 to 9, higher is sooner. */
  priority: number;
  /** Who asks, by their own word. */
  askedBy: string;
  /** The same key with the same request answers the same operation. */
  key?: string;
  /** Replaces the template's own time limit: `10m`. */
  timeout?: string;
  notBefore?: number;
  /** Not started by then, it ends as `failed (expired)`. */
  notAfter?: number;
};

/** `isNew` is false where the key had an operation already. */
export type Accepted = { id: string; isNew: boolean; warnings: Fault[] };

/** What a step printed, masked. `from` and `to` are bytes of its file: masked text has another length. */
export type OutputPiece = {
  operation: string;
  key: string;
  /** The attempt's row, as in `step-started`. */
  row: number;
  stream: Stream;
  from: number;
  to: number;
  text: string;
};

/** `position`: where to go on from, behind this. */
export type Told = { position: string } & ({ event: OperationEvent } | { output: OutputPiece });

export type Watching = {
  /** A position that was told, or the number of the operation's last known event. Default: from the beginning. */
  after?: string;
  /** What steps print, too. */
  output?: boolean;
  /** Stops watching. */
  signal?: AbortSignal;
};

/** State files that were pushed; why the work tree is not as the remote, where it is not. */
export type Synced = { files: string[]; tree: string | null };

/** A lock that a person takes. `by`: who has it then, `user@machine`. */
export type WantedLock = {
  resource: string;
  by: string;
  reason?: string;
  ttlSeconds: number;
  /** 0: fail at once. */
  waitSeconds: number;
};

/** `mark`: of what was seen (see `LockView`), else whatever is there; it is taken by force then, also from a living holder. */
export type GivenLock = { resource: string; by: string; force?: { mark?: string | undefined; reason: string } };

/** `owed`: why other machines do not know yet; they are told as soon as they can be. */
export type LockGiven = { was_held: boolean; owed: string | null };

export type Control = Questions & {
  /** All of them in one transaction, or none: a fault in one refuses all. Durable when it resolves. Throws `template-…`, `parameters`, `key-used`, `storage-full`, `batch`. */
  submit(wanted: readonly Wanted[]): Promise<Accepted[]>;
  /** Recorded, then acted on. Throws `operation-unknown`, and `busy` for one that has ended. */
  cancel(id: string, by: string): Promise<void>;
  /** A new operation like one that has ended. */
  retry(id: string, by: string): Promise<Accepted>;
  /** Carries on an interrupted operation. `from`: the name of the step to begin with again. */
  resume(id: string, by: string, from?: string): Promise<void>;
  /** Carried on by itself when nothing else is unknown: then it resolves to true. */
  resolve(id: string, step: string, verdict: Verdict, by: string): Promise<boolean>;
  /** The undo steps and rollback of an operation that ended without them; of an interrupted one, instead of carrying on. Resolves to the operation that does it. */
  rollback(id: string, by: string): Promise<string>;
  /** It is renewed as long as an agent runs, and given back by `releaseLock`. Throws `lock-held`, `remote-unreachable`. */
  acquireLock(wanted: WantedLock): Promise<LockHolder>;
  /** Throws `lock-held` for another's without force, `busy` where what is taken by force has changed. */
  releaseLock(given: GivenLock): Promise<LockGiven>;
  /** Null: the whole queue. What runs goes on. */
  pause(template: string | null, by: string, reason: string | null): Promise<void>;
  /** False: it was not paused. */
  unpause(template: string | null): Promise<boolean>;
  /**
   * State files: what was changed here goes to the remote, and what others have changed comes. Null: there is no remote.
   * `tree`: why the work tree could not follow. Throws `state-conflict`, `remote-unreachable`, `remote-refused`.
   */
  syncState(): Promise<Synced | null>;
  /** Stored and coming events of an operation and those within it, from behind `after` on, until it has ended or the signal is aborted. */
  follow(id: string, after: number, signal: AbortSignal): AsyncIterable<OperationEvent>;
  /** The same with positions, and with what its steps print where that is wanted: each piece once, between its step's start and end. */
  watch(id: string, watching: Watching): AsyncIterable<Told>;
};
