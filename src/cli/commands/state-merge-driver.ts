import { resolve } from "node:path";
import { showSafe } from "../../core/redact.ts";
import type { Command } from "../command.ts";
import { json } from "../output.ts";

export const mergeDriver: Command = {
  name: "state merge-driver",
  takes: "<base> <ours> <theirs> <path>",
  summary: "Merge three versions of a state file, as git's merge driver",
  about: [
    "Git calls it when both sides of a merge have changed a file under infra/state. The result takes the place of OURS.",
    "Exit code 1: at some places only a person can decide; they are told, and marked in the file. garza init, and the",
    "start of an agent, set it up.",
  ].join("\n"),
  options: [],
  examples: ["garza state merge-driver base.json ours.json theirs.json infra/state/deployments.json"],
  async run({ args, flag, terminal }) {
    const { mergeFiles } = await import("../../state/merge-files.ts");
    const { cwd, env } = terminal;
    const [base = "", ours = "", theirs = "", path = ""] = args.map((arg, at) => (at < 3 ? resolve(cwd, arg) : arg));
    const conflicts = await mergeFiles({ base, ours, theirs }, path, { directory: cwd, env });
    if (flag("json")) terminal.out.write(json({ path, conflicts }));
    for (const line of conflicts) terminal.err.write(`garza: conflict in ${showSafe(line)}\n`);
    return conflicts.length > 0 ? 1 : 0;
  },
};
