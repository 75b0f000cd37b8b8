import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Places } from "../../core/config.ts";
import { findGitFolder } from "../../core/git-folder.ts";
import { GarzaError } from "../../core/problem.ts";
import { loadSettings } from "../../core/settings.ts";
import { type PrivateStore, refPrefixes } from "../../git/private-store.ts";
import { probeRemote, type RemoteProbe } from "../../git/probe-remote.ts";
import { shownUrl } from "../../git/remote.ts";
import { hints, type RemoteTrouble } from "../../git/remote-trouble.ts";
import { remoteOf } from "../../locks/lock-remote.ts";
import { definedEnv } from "../open.ts";
import type { Terminal } from "../terminal.ts";
import { type Finding, fail, ok, type Patient, warn } from "./check.ts";

const name = "remote";

/** Whether the remote takes what shared locks and state need; nothing where there is none. */
export async function checkRemote({ places, terminal }: Patient): Promise<Finding[]> {
  if (!places || !findGitFolder(places.root) || !Bun.which("git", { PATH: terminal.env.PATH ?? "" })) return [];
  try {
    return await probe(places, terminal);
  } catch (thrown) {
    if (!(thrown instanceof GarzaError)) throw thrown;
    return [warn(name, `it could not be tried: ${thrown.message}`, "See that git works here: git status")];
  }
}

async function probe({ root, data }: Places, terminal: Terminal): Promise<Finding[]> {
  const passing = existsSync(data) ? undefined : mkdtempSync(join(tmpdir(), "garza-"));
  try {
    const sockets = passing ?? join(data, "ssh");
    const settings = loadSettings({ root, data }, terminal.env);
    const store = await remoteOf({ root, settings, sockets, env: definedEnv(terminal) })();
    if (!store) return [];
    const { outcome, left } = await probeRemote(store);
    return [finding(store, outcome), ...left.map(leftBehind)];
  } finally {
    if (passing !== undefined) rmSync(passing, { recursive: true, force: true });
  }
}

function finding({ remote, prefix }: PrivateStore, outcome: RemoteProbe["outcome"]): Finding {
  const shown = `${remote.name} (${shownUrl(remote)})`;
  if (outcome.kind === "trouble") return troubled(shown, outcome.trouble);
  if (outcome.kind === "refused") {
    const said = `${shown} refuses ${prefix}…, so no lock can be shared: ${outcome.why}`;
    if (!outcome.branches) return fail(name, said, `Let its rules and hooks admit ${prefix}… for all`);
    const setting = { line: "refs: branches", why: `${remote.name} refuses ${prefix}…` };
    return { ...fail(name, said, asBranches), setting };
  }
  const where = prefix === refPrefixes.branches ? ", as branches garza-locks/…" : "";
  if (outcome.atomic) return ok(name, `${shown} takes locks, and state together with them${where}`);
  const remedy = "Where the remote is yours: git config receive.advertiseAtomic true in it";
  return warn(name, `${shown} takes locks, but no state that a lock guards: it knows no atomic push`, remedy);
}

/** Not chosen by each machine for itself: two that choose differently would both have a lock. */
const asBranches =
  "Branches it takes: set locks: {refs: branches} in garza.yml, and let all machines pull that before any runs operations";

function troubled(shown: string, { kind, why }: RemoteTrouble): Finding {
  if (kind === "not-allowed")
    return fail(name, `${shown} does not let us push: ${why}`, "See that git asks nothing: git push --dry-run");
  if (kind === "host-key") return fail(name, `${shown} can't be told from another: ${why}`, hints[kind]);
  if (kind === "not-there")
    return fail(name, `${shown} is no repository: ${why}`, "Correct its address: git remote -v");
  return warn(name, `${shown} can't be reached now: ${why}`, "No shared lock is taken until it answers: git ls-remote");
}

const leftBehind = (ref: string): Finding =>
  warn(name, `${ref} could not be deleted there again`, `git push REMOTE :${ref}`);
