/** `git commit`: of what this operation has added, and nothing else. */
import { abandonCommit, beginCommit, endCommit, isBegun, isNothingToCommit, refreshIndex } from "../git/own-work.ts";
import { unfinished } from "../git/tree.ts";
import { call, type GitCommand, type GitSession, outcomeOf, requireOwn, splitArguments } from "./git-call.ts";
import { done, failed, type StepOutcome } from "./step.ts";

const valued: ReadonlySet<string> = new Set(
  "-m --message -F --file -C -c --reuse-message --reedit-message --fixup --squash --author --date -t --template --trailer --cleanup".split(
    " ",
  ),
);
const refused = new Map([
  ["-a", "it would take everything that was changed, by whomever"],
  ["--all", "it would take everything that was changed, by whomever"],
  ["--amend", "it would rewrite a commit that others may have"],
  ["-p", "it asks questions"],
  ["--patch", "it asks questions"],
  ["--interactive", "it asks questions"],
]);

/** `key` names this call: after a crash the same call carries on where it was. */
export async function commit(session: GitSession, command: GitCommand, key: string): Promise<StepOutcome> {
  const own = requireOwn(session);
  const { options, operands } = splitArguments(command.args, valued);
  const wrong = options.flatMap(shortOptions).find((option) => refused.has(option));
  if (wrong) return failed(`git commit ${wrong} is refused: ${refused.get(wrong)}. Name the files: git add PATH`);
  const begun = unfinished(own.tree);
  if (begun)
    return failed(`a ${begun} is under way in ${session.directory}; end it first, so that this commit does not`);

  if (!isBegun(own, key)) {
    await refreshIndex(own);
    const mayBeEmpty = options.includes("--allow-empty") || options.includes("--dry-run");
    if (!mayBeEmpty && (await isNothingToCommit(own, operands))) return done("");
  }
  const pending = await beginCommit(own, key);
  const result = await call(session, command);
  if (result.exitCode === 0) await endCommit(own, pending);
  else abandonCommit(own);
  return outcomeOf(result);
}

/** `-am` is `-a -m`. Options after one that takes a value are that value. */
function shortOptions(option: string): string[] {
  if (!/^-[A-Za-z]{2,}/.test(option)) return [option.split("=", 1)[0] ?? option];
  const letters = [...option.slice(1)].map((letter) => `-${letter}`);
  const last = letters.findIndex((letter) => valued.has(letter));
  return last === -1 ? letters : letters.slice(0, last + 1);
}
