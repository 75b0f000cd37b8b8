import { parseDuration } from "../../core/duration.ts";
import { problem } from "../../core/problem.ts";
import type { Command } from "../command.ts";
import { goBack } from "../upgrade/go-back.ts";
import { upgradeTo } from "../upgrade/upgrade-to.ts";

export const upgrade: Command = {
  name: "agent upgrade",
  takes: "[file]",
  summary: "Put a newer program in the place of this one, under running operations",
  about: [
    "FILE is checked (a garza, for this machine, newer) and tried on a copy of the database before anything changes. Then",
    "a backup is made, the agent drains and ends, the program is swapped in one step, its service started again, and",
    "watched. Steps that run go on under their wrappers, and the new agent takes them up. The program before is kept as",
    "PROGRAM.previous: --back puts it in place again, with --restore together with the newest backup that it can read,",
    "where it can't read what the newer one has made of the database.",
  ].join("\n"),
  options: [
    { flags: "--back", says: "Put the program before in place again" },
    { flags: "--restore", says: "With --back: the database of before, too. What was done since is not in it" },
    { flags: "--checksum <sha256>", says: "What FILE's checksum has to be" },
    { flags: "--watch <duration>", says: "How long the new agent is watched (default: 30s)" },
  ],
  examples: [
    "garza agent upgrade ./garza",
    "sudo garza agent upgrade ./garza --checksum 9f86d0…",
    "garza agent upgrade --back",
  ],
  staysRoot: true,
  async run(call) {
    const [file] = call.args;
    const watched = parseDuration(call.value("watch") ?? "30s");
    if (watched === undefined) throw misuse("--watch takes a duration like 30s");
    if (call.flag("restore") && !call.flag("back")) throw misuse("--restore goes with --back");
    if (call.flag("back") === (file !== undefined)) throw misuse("it is either FILE or --back");
    return file === undefined ? goBack(call, watched) : upgradeTo(call, file, watched);
  },
};

const misuse = (message: string) => problem({ kind: "usage", message, hint: "More: garza agent upgrade --help" });
