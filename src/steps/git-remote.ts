/** `git push` and `git pull` when both sides have moved: only this operation's own commits are ever moved. */
import { randomHex } from "../core/ids.ts";
import { describe, GarzaError } from "../core/problem.ts";
import { git, gitText } from "../git/git.ts";
import { moveTree } from "../git/move-tree.ts";
import { type OwnWork, ownCommits } from "../git/own-work.ts";
import { type MergeText, rebase } from "../git/rebase.ts";
import { withHiddenPassword } from "../git/remote-login.ts";
import { commitOf, configured, currentBranch, isAncestor, type Tree } from "../git/tree.ts";
import { mergeJson } from "../state/merge.ts";
import {
  asHistory,
  call,
  type GitCommand,
  type GitSession,
  isOfRoot,
  outcomeOf,
  recordOf,
  requireOwn,
  splitArguments,
} from "./git-call.ts";
import { failed, type StepOutcome } from "./step.ts";

const pushValued: ReadonlySet<string> = new Set(["-o", "--push-option", "--receive-pack", "--exec", "--repo"]);
const pullValued: ReadonlySet<string> = new Set(
  "-s --strategy -X --strategy-option --depth -j --jobs --upload-pack -o --server-option".split(" "),
);
/** With these it is not the one branch of this tree that is pushed, or not for others to refuse. */
const special = /^(-f|-d|--force.*|--delete|--mirror|--all|--branches|--tags|--prune|--dry-run|-n)$/;
const pushes = 5;

export async function push(session: GitSession, command: GitCommand): Promise<StepOutcome> {
  const own = requireOwn(session);
  const { options, operands } = splitArguments(command.args, pushValued);
  if (options.includes("--mirror"))
    return failed("git push --mirror is refused: it deletes every ref that only the remote has");
  const isPlain = !options.some((option) => special.test(option));
  let result = await call(session, command);
  for (let tries = 1; result.exitCode !== 0; tries++) {
    const remote = isPlain ? await pushTarget(own.tree, operands) : undefined;
    const apart = remote && (await divergence(own, remote));
    if (!apart) return outcomeOf(result);
    const where = `${remote.name}/${remote.branch.replace("refs/heads/", "")}`;
    if (apart.mine.length === 0)
      return failed(`${where} has moved, and none of the commits here are this operation's`, recordOf(result));
    if (tries >= pushes) return failed(`${where} moved again before each of ${pushes} pushes`, recordOf(result));

    const rebased = await rebase(own.tree, apart.mine, apart.tip, mergeState);
    if ("conflicts" in rebased) return failed(conflictText(where, rebased.conflicts), recordOf(result));
    const again = options.filter((option) => option !== "-u" && option !== "--set-upstream");
    result = await call(session, { ...command, args: [...again, remote.name, `${rebased.tip}:${remote.branch}`] });
    if (result.exitCode === 0) await follow(session, own.tree, apart, rebased.tip, where);
  }
  await publishAlong(session);
  return outcomeOf(result);
}

/** Whoever pushes wants others to have what they did. */
async function publishAlong({ context, own }: GitSession): Promise<void> {
  const owed = own && isOfRoot(own.tree.common, context) ? await context.publish() : null;
  if (owed) context.warn(`the state that was changed is not with the others yet: ${describe(owed)}`);
}

/** Fast-forward, or this operation's own commits on top of what came. */
export async function pull(session: GitSession, command: GitCommand): Promise<StepOutcome> {
  const own = requireOwn(session);
  const { options, operands } = splitArguments(command.args, pullValued);
  const kept = options.filter(
    (option) => !/^(-r|--(no-)?(rebase|ff|autostash).*|--ff-only|--squash|--commit|--edit)$/.test(option),
  );
  const forward = { ...command, args: ["--ff-only", ...kept, ...operands] };
  const result = await asHistory(session, () => call(session, forward));
  if (result.exitCode === 0) return outcomeOf(result);
  const remote = await pullSource(own.tree, operands);
  const apart = remote && (await divergence(own, remote));
  if (!apart) return outcomeOf(result);
  const where = `${remote.name}/${remote.branch.replace("refs/heads/", "")}`;
  if (!apart.allMine) {
    return failed(
      `this branch and ${where} have both moved, and only a person may decide: git pull --rebase`,
      recordOf(result),
    );
  }
  const rebased = await rebase(own.tree, apart.mine, apart.tip, mergeState);
  if ("conflicts" in rebased) return failed(conflictText(where, rebased.conflicts), recordOf(result));
  const why = await asHistory(session, () => moveTree(own.tree, apart.head, rebased.tip));
  if (why !== undefined) return failed(`what came from ${where} is not in the tree: ${why}`, recordOf(result));
  return outcomeOf({ ...result, exitCode: 0, signal: null });
}

/** State files are merged by key and by id, wherever both sides have changed them. */
const mergeState: MergeText = (path, versions) => {
  if (!/(^|\/)infra\/state\/[^/]+\.json$/.test(path)) return undefined;
  try {
    const { text, conflicts } = mergeJson(versions, path);
    return conflicts.length > 0 ? undefined : text;
  } catch (thrown) {
    // What is no JSON is for git's own way.
    if (thrown instanceof GarzaError) return undefined;
    throw thrown;
  }
};

const conflictText = (where: string, paths: string[]) =>
  `this operation's commits and ${where} both changed ${paths.join(", ")}; nothing was moved`;

type Remote = { name: string /** Full: `refs/heads/main`. */; branch: string };

/** Undefined where it is not this tree's branch that is pushed. */
async function pushTarget(tree: Tree, [name, refspec, ...more]: string[]): Promise<Remote | undefined> {
  const branch = await currentBranch(tree);
  if (branch === undefined || more.length > 0) return undefined;
  const upstream = await configured(tree, `branch.${branch}.remote`);
  const remote =
    name ??
    (await configured(tree, `branch.${branch}.pushRemote`)) ??
    (await configured(tree, "remote.pushDefault")) ??
    upstream ??
    "origin";
  if (refspec === undefined) {
    const followed = remote === upstream ? await configured(tree, `branch.${branch}.merge`) : undefined;
    return { name: remote, branch: followed ?? `refs/heads/${branch}` };
  }
  const [from, to = from] = refspec.split(":");
  if (![branch, "HEAD", `refs/heads/${branch}`].includes(from ?? "")) return undefined;
  return { name: remote, branch: fullName(to === "HEAD" || to === undefined ? branch : to) };
}

async function pullSource(tree: Tree, [name, branch]: string[]): Promise<Remote | undefined> {
  const current = await currentBranch(tree);
  if (current === undefined) return undefined;
  const remote = name ?? (await configured(tree, `branch.${current}.remote`)) ?? "origin";
  const from = branch ?? (await configured(tree, `branch.${current}.merge`)) ?? current;
  return { name: remote, branch: fullName(from) };
}

const fullName = (branch: string) => (branch.startsWith("refs/") ? branch : `refs/heads/${branch}`);

type Divergence = {
  head: string;
  tip: string;
  /** This operation's commits that the remote lacks, oldest first. */
  mine: string[];
  /** No commit of anybody else is in between. */
  allMine: boolean;
};

/** Undefined when the remote has nothing that HEAD lacks: then something else is wrong. */
async function divergence(own: OwnWork, remote: Remote): Promise<Divergence | undefined> {
  const { tree } = own;
  const head = await commitOf(tree, "HEAD");
  const tip = await fetchTip(tree, remote);
  if (!head || !tip || (await isAncestor(tree, tip, head))) return undefined;
  const ahead = (await gitText(tree, ["rev-list", "--reverse", "--topo-order", head, `^${tip}`]))
    .split("\n")
    .filter(Boolean);
  const made = ownCommits(own);
  const mine = ahead.filter((commit) => made.has(commit));
  return { head, tip, mine, allMine: mine.length === ahead.length };
}

/** Through a ref of our own, which is gone again before anybody could see it in a log. */
async function fetchTip(tree: Tree, { name, branch }: Remote): Promise<string | undefined> {
  const ref = `refs/garza/fetched/${randomHex(6)}`;
  const flags = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"];
  const asking = await withHiddenPassword(tree, name);
  const { exitCode } = await git(asking, ["fetch", ...flags, "--", name, `+${branch}:${ref}`]);
  if (exitCode !== 0) return undefined;
  const tip = await commitOf(tree, ref);
  await git(tree, ["update-ref", "-d", ref]);
  return tip;
}

/** The remote has them; now the tree, where nobody else's commits or changes are in the way. */
async function follow(
  session: GitSession,
  tree: Tree,
  { head, allMine }: Divergence,
  tip: string,
  where: string,
): Promise<void> {
  const others = "other commits stand in the way";
  const why = allMine ? await asHistory(session, () => moveTree(tree, head, tip)) : others;
  if (why !== undefined)
    session.context.warn(`pushed to ${where}; the tree here was not moved: ${why}: git pull --rebase`);
}
