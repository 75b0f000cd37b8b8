/** Why the remote could not be spoken to, or would not do it: what git says, in the kinds that matter here. */
import type { Problem } from "../core/problem.ts";
import { type Remote, shownUrl } from "./remote.ts";
import { maskLogins } from "./remote-login.ts";

export type RemoteTrouble = {
  kind: "unreachable" | "not-allowed" | "host-key" | "not-there" | "no-atomic" | "stuck" | "failed";
  why: string;
};

const signs: [RegExp, RemoteTrouble["kind"]][] = [
  [/does not support --atomic push/, "no-atomic"],
  [/Host key verification failed/, "host-key"],
  [
    /Permission denied|Authentication failed|could not read (Username|Password)|returned error: 40[13]|access denied/i,
    "not-allowed",
  ],
  [
    /Repository not found|does not appear to be a git repository|returned error: 404|repository '.*' not found/i,
    "not-there",
  ],
  [
    /Could not resolve|Connection (refused|timed out|reset|closed)|timed out|hung up|Network is unreachable|No route to host|returned error: (429|5\d\d)|Operation too slow|early EOF|unable to access|Broken pipe|disconnected|kex_exchange/i,
    "unreachable",
  ],
];

/** `said`: git's standard error. */
export function troubleOf(said: string, exitCode: number): RemoteTrouble {
  const kind = signs.find(([sign]) => sign.test(said))?.[1] ?? "failed";
  return { kind, why: maskLogins(lastWords(said)) || `git ended with ${exitCode}` };
}

/** The line that tells most: the first that ssh, git or the remote calls fatal, else the last. */
function lastWords(said: string): string {
  const lines = said
    .split("\n")
    .map((line) => line.trim())
    // That nobody can be asked is how we want it.
    .filter((line) => line !== "" && !/unable to read askpass/.test(line));
  const told =
    lines.find((line) => /^(ssh[:_]|kex|host key |.*Permission denied|[^@]+@|remote: (error|fatal))/i.test(line)) ??
    lines.find((line) => /^(fatal|error):/.test(line)) ??
    lines.at(-1);
  return (told ?? "").replace(/^(fatal|error): /, "").slice(0, 300);
}

export function remoteProblem(remote: Remote, { kind, why }: RemoteTrouble): Problem {
  const shown = `${remote.name} (${shownUrl(remote)})`;
  if (kind !== "unreachable" && kind !== "failed") {
    return { kind: "remote-refused", remote: shown, why, hint: hints[kind] };
  }
  return { kind: "remote-unreachable", remote: shown, why };
}

export const hints = {
  "not-allowed": "See that git itself may push there without a question: git push --dry-run",
  "host-key":
    "As the user of garza: git ls-remote shows the fingerprint and asks; compare it with one that you trust. An old key goes with ssh-keygen -R",
  "not-there": "Look at its address: git remote -v",
  stuck: "A push that was killed there may have left a lock file: garza lock doctor",
  "no-atomic": "This host can keep locks, but no state that a lock guards: see garza doctor",
};
