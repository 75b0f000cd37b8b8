/** Machines that share a repository: a clone each, with a database and an id of its own. */
import { afterEach } from "bun:test";
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { parseDuration } from "../../src/core/duration.ts";
import { GarzaError, type Problem } from "../../src/core/problem.ts";
import { loadSettings } from "../../src/core/settings.ts";
import { openDeadlines } from "../../src/locks/deadlines.ts";
import type { Carry } from "../../src/locks/keeper.ts";
import { remoteOf } from "../../src/locks/lock-remote.ts";
import type { LockEvent, LockRelease, LockRequest, Locks } from "../../src/locks/locks.ts";
import { openLocks } from "../../src/locks/open-locks.ts";
import { openSharing } from "../../src/locks/open-sharing.ts";
import type { Sharing } from "../../src/locks/sharing.ts";
import { openStore, type Store } from "../../src/store/store.ts";
import { person } from "./repositories.ts";
import { hook, type Transport } from "./transports.ts";

export type Machine = {
  root: string;
  db: Store;
  locks: Locks;
  events: LockEvent[];
  /** An operation of this machine asks; `db` is the resource unless told. */
  acquire(operation: string, more?: Partial<LockRequest>): Promise<number>;
  release(operation: string, more?: Partial<LockRelease>): Promise<boolean>;
  sharing(): Promise<Sharing>;
  /** What it knows of a resource's lease. */
  status(resource?: string): string | undefined;
  /** The process dies, and another one is started: what was in memory is gone. */
  again(): Promise<Machine>;
  /** Leaves without giving anything back. */
  end(): void;
};

export type Fleet = {
  home: string;
  /** The bare repository. */
  remote: string;
  url: string;
  git(directory: string, ...args: string[]): string;
  machine(name: string, more?: Partial<MachineOptions>): Machine;
  /** The refs there, by name. */
  refs(prefix?: string): Record<string, string>;
  /** What a resource's ref says. */
  record(resource?: string): Record<string, unknown>;
  hook(name: string, body: string): void;
  end(): void;
};

type MachineOptions = {
  url: string;
  settings: Record<string, string>;
  clock: Clock;
  env: Record<string, string>;
  isKept(operation: string): boolean;
  /** Milliseconds that one answer of the remote may take. */
  limitMs: number;
  carry: Carry;
};

/** Fleets of a test file, each ended with its test. */
export function fleets(parent: string): (options?: FleetOptions) => Fleet {
  const open: Fleet[] = [];
  afterEach(() => {
    for (const each of open.splice(0)) each.end();
  });
  return (options) => {
    const made = fleet(parent, options);
    open.push(made);
    return made;
  };
}

export async function problemOf(promise: Promise<unknown>): Promise<Problem> {
  const thrown = await promise.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (thrown instanceof GarzaError) return thrown.problem;
  throw new Error(`no problem but ${thrown}`);
}

/** Writes a lock's ref as somebody else would. */
export function forge(at: Fleet, message: string, ref = "refs/garza/locks/db", parent?: string): string {
  const tree = at.git(at.remote, "hash-object", "-t", "tree", "-w", "/dev/null");
  const head = `tree ${tree}\n${parent === undefined ? "" : `parent ${parent}\n`}author A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\n`;
  const made = Bun.spawnSync(["git", "hash-object", "-w", "-t", "commit", "--stdin"], {
    cwd: at.remote,
    stdin: Buffer.from(head + message),
  });
  const oid = made.stdout.toString().trim();
  at.git(at.remote, "update-ref", ref, oid);
  return oid;
}

export type FleetOptions = { hash?: "sha1" | "sha256" } & Partial<Pick<Transport, "url" | "env">>;

function fleet(
  parent: string,
  { hash = "sha1", url: urlOf = (at) => `file://${at}`, env: login = {} }: FleetOptions = {},
): Fleet {
  const home = mkdtempSync(join(parent, "fleet-"));
  const remote = join(home, "remote.git");
  const machines: Machine[] = [];
  const git = (directory: string, ...args: string[]) => {
    const env = { ...process.env, ...person, ...login, HOME: home, GIT_CONFIG_NOSYSTEM: "1" };
    const { stdout, stderr, exitCode } = Bun.spawnSync(["git", ...args], { cwd: directory, env });
    if (exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
    return stdout.toString().trim();
  };
  git(home, "init", "-q", "--bare", "-b", "main", `--object-format=${hash}`, remote);

  const refs = (prefix = "refs/garza/") => {
    const lines = git(remote, "for-each-ref", "--format=%(refname) %(objectname)", prefix).split("\n");
    return Object.fromEntries(lines.filter(Boolean).map((line) => line.split(" ") as [string, string]));
  };
  return {
    home,
    remote,
    url: urlOf(remote),
    git,
    refs,
    record(resource = "db") {
      const body = git(remote, "log", "-1", "--format=%b", `refs/garza/locks/${resource}`);
      return JSON.parse(body) as Record<string, unknown>;
    },
    hook: (name, body) => hook(remote, name, body),
    machine(name, more = {}) {
      const root = join(home, name);
      git(home, "init", "-q", `--object-format=${hash}`, root);
      git(root, "remote", "add", "origin", more.url ?? urlOf(remote));
      const made = openMachine(name, root, { home, env: login, ...more }, machines);
      machines.push(made);
      return made;
    },
    end() {
      for (const machine of machines) machine.end();
    },
  };
}

function openMachine(
  name: string,
  root: string,
  options: Partial<MachineOptions> & { home: string },
  all: Machine[],
): Machine {
  const {
    home,
    settings: given = {},
    clock = systemClock,
    env: more = {},
    isKept = () => true,
    limitMs,
    carry,
  } = options;
  const env = { PATH: process.env.PATH ?? "", HOME: home, GIT_CONFIG_NOSYSTEM: "1", ...more };
  const data = join(home, `${name}-data`);
  writeFileSync(join(root, "garza.yml"), JSON.stringify(nested({ ...quick, ...given })));
  const settings = loadSettings({ root, data }, {});
  const db = openStore(join(root, "..", `${name}.db`), clock.now);
  const machine = { id: `id-${name}`, host: name };
  const deadlines = openDeadlines(clock);
  const sockets = join(home, `${name}-ssh`);
  const remote = remoteOf({ root, settings, sockets, env, ...(limitMs !== undefined && { limitMs }) });
  const sharing = openSharing({ db, root, remote, deadlines, clock, machine, settings, data });
  const events: LockEvent[] = [];
  const locks = openLocks({
    db,
    root,
    clock,
    sharing,
    deadlines,
    machine,
    ttlSeconds: () => (parseDuration(settings["locks.ttl"].value) ?? 0) / 1000,
    isAwaited: () => false,
    isKept,
    ...(carry && { carry }),
  });
  locks.listen((event) => void events.push(event));
  const asks = new AbortController();
  let open = true;
  const made: Machine = {
    root,
    db,
    locks,
    events,
    acquire: (operation, request = {}) =>
      locks.acquire({
        resource: "db",
        operation,
        within: [],
        operator: "alice",
        waitSeconds: 0,
        signal: asks.signal,
        ...request,
      }),
    release: (operation, request = {}) => locks.release({ resource: "db", operation, force: false, ...request }),
    async sharing() {
      const found = await sharing();
      if (!found) throw new Error("no remote");
      return found;
    },
    status: (resource = "db") =>
      db.read.query<{ status: string }, [string]>("select status from lease where resource = ?").get(resource)?.status,
    async again() {
      made.end();
      const next = openMachine(name, root, options, all);
      all.push(next);
      return next;
    },
    end() {
      if (!open) return;
      open = false;
      asks.abort(new Error("the machine has ended"));
      locks.end();
      db.close();
    },
  };
  return made;
}

/** What runs out, does so soon. */
const quick = { "locks.grace": "300ms", "locks.max_skew": "5m" };

function nested(settings: Record<string, string>): Record<string, Record<string, string>> {
  const tree: Record<string, Record<string, string>> = {};
  for (const [name, value] of Object.entries(settings)) {
    const [group = "", key = ""] = name.split(".");
    tree[group] = { ...tree[group], [key]: value };
  }
  return tree;
}
