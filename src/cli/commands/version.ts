import { commit, version as number } from "../../core/version.ts";
import type { Command } from "../command.ts";
import { json } from "../output.ts";

export const version: Command = {
  name: "version",
  takes: "",
  summary: "Print the version",
  options: [],
  examples: ["garza version", "garza version --json"],
  async run({ flag, terminal }) {
    const document = { garza: number, commit, bun: Bun.version, platform: `${process.platform}-${process.arch}` };
    terminal.out.write(flag("json") ? json(document) : `garza ${number}\n`);
    return 0;
  },
};
