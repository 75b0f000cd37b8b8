import type { Places } from "../../core/config.ts";
import { findGitFolder } from "../../core/git-folder.ts";
import { GarzaError } from "../../core/problem.ts";
import { loadSettings } from "../../core/settings.ts";
import { git, readable } from "../../git/git.ts";
import { openTree } from "../../git/tree.ts";
import { stateBase } from "../../state/state-base.ts";
import { quoted } from "../summary.ts";
import type { Terminal } from "../terminal.ts";
import { type Finding, ok, type Patient, warn } from "./check.ts";

const name = "state branch";

/** Where state files are on a branch of their own, the one that is checked out had better not have them as well. */
export async function checkStateBranch({ places, terminal: { env } }: Patient): Promise<Finding[]> {
  if (!places || !findGitFolder(places.root) || !Bun.which("git", { PATH: env.PATH ?? "" })) return [];
  const branch = branchOf(places, env);
  const tree = branch === "" ? undefined : await openTree({ directory: places.root, env });
  const base = tree && (await stateBase(places.root, tree, branch));
  if (!tree || !base?.isApart) return [];
  const { stdout } = await git(tree, ["ls-files", "-z", "--", "infra/state/*.json"]);
  const there = new Set(await base.files());
  const files = stdout
    .split("\0")
    .map(readable)
    .filter((file) => there.has(file));
  if (files.length === 0) return [ok(name, `state files are shared on ${branch}; those here are copies`)];
  const what = files.length === 1 ? "a state file is" : `${files.length} state files are`;
  const remedy = `Leave ${files.length === 1 ? "it" : "them"} to that one: git rm --cached ${files.map(quoted).join(" ")}`;
  return [warn(name, `${what} committed here as well as shared on ${branch}, and may show as changed`, remedy)];
}

/** What is wrong with the configuration is told where that is looked at. */
function branchOf(places: Places, env: Terminal["env"]): string {
  try {
    return loadSettings(places, env)["state.branch"].value;
  } catch (thrown) {
    if (thrown instanceof GarzaError) return "";
    throw thrown;
  }
}
