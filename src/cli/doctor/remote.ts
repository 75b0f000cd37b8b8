import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Places } from "../../core/config.ts";
import { findGitFolder } from "../../core/git-folder.ts";
import { GarzaError } from "../../core/problem.ts";
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
    const store = await remoteOf({ root, sockets, env: definedEnv(terminal) })();
    if (!store) return [];
    const { outcome, left } = await probeRemote(store);
    return [finding(`${store.remote.name} (${shownUrl(store.remote)})`, outcome), ...left.map(leftBehind)];
  } finally {
    if (passing !== undefined) rmSync(passing, { recursive: true, force: true });
  }
}

function finding(shown: string, outcome: RemoteProbe["outcome"]): Finding {
  if (outcome.kind === "trouble") return troubled(shown, outcome.trouble);
  if (outcome.kind === "refused") {
    const remedy = "Let its rules and hooks admit refs/garza/ for all who run operations";
    return fail(name, `${shown} refuses refs/garza/, so no lock can be shared: ${outcome.why}`, remedy);
  }
  if (outcome.atomic) return ok(name, `${shown} takes locks, and state together with them`);
  const remedy = "Where the remote is yours: git config receive.advertiseAtomic true in it";
  return warn(name, `${shown} takes locks, but no state that a lock guards: it knows no atomic push`, remedy);
}

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
