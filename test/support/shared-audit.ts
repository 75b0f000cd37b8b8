/** What is wrong with a repository that machines share, a line each: judged by git and by JSON alone. */

/** `resting`: nobody works any more, so that every lock has to be free. */
export function faultsOf(remote: string, { resting = true } = {}): string[] {
  return [...soundness(remote), ...jsonFaults(remote), ...lockFaults(remote, resting)];
}

function soundness(remote: string): string[] {
  const { stdout, stderr, exitCode } = Bun.spawnSync(["git", "--git-dir", remote, "fsck", "--full", "--no-dangling"]);
  return exitCode === 0 ? [] : [`git fsck ended with ${exitCode}: ${stdout}${stderr}`];
}

/** Of all commits on the branch. */
function jsonFaults(remote: string): string[] {
  const listed = git(remote, ["rev-list", "--objects", "main"]).matchAll(/^(\w+) (infra\/state\/.*\.json)$/gm);
  const files = new Map([...listed].map(([, oid = "", path = ""]) => [oid, path]));
  return [...blobs(remote, new Set(files.keys()))].flatMap(([oid, text]) =>
    isJson(text) ? [] : [`${files.get(oid)} was no JSON as ${oid}: ${text.slice(0, 200)}`],
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A fencing token is given out once, and only grows. */
function lockFaults(remote: string, resting: boolean): string[] {
  const refs = git(remote, ["for-each-ref", "--format=%(refname)", "refs/garza/locks/"]).split("\n").filter(Boolean);
  return refs.flatMap((ref) => {
    const subjects = git(remote, ["log", "--reverse", "--format=%s", ref]).split("\n").filter(Boolean);
    const given = subjects.flatMap((said) => /^(?:acquire|take-over) .* #(\d+)\.0 /.exec(said)?.[1] ?? []).map(Number);
    const rises = given.length > 0 && given.every((token, at) => at === 0 || token > (given[at - 1] ?? 0));
    const last = subjects.at(-1) ?? "";
    return [
      ...(rises ? [] : [`${ref} gave out ${given.join(" ")}`]),
      ...(resting && !/^(?:force-)?release /.test(last) ? [`${ref} is not free: ${last}`] : []),
    ];
  });
}

/** Text by name. */
function blobs(remote: string, oids: ReadonlySet<string>): Map<string, string> {
  const found = new Map<string, string>();
  const bytes = run(remote, ["cat-file", "--batch"], [...oids].join("\n"));
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf("\n", at);
    const [oid = "", , size] = bytes.subarray(at, end).toString().split(" ");
    const next = end + 1 + Number(size);
    found.set(oid, bytes.subarray(end + 1, next).toString());
    at = next + 1;
  }
  return found;
}

const git = (remote: string, args: string[]) => run(remote, args).toString();

function run(remote: string, args: string[], input = ""): Buffer {
  const { stdout, stderr, exitCode } = Bun.spawnSync(["git", "--git-dir", remote, ...args], {
    stdin: Buffer.from(input),
  });
  if (exitCode !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
  return stdout;
}
