import { nearest } from "../../core/nearest.ts";
import { problem } from "../../core/problem.ts";
import type { Command } from "../command.ts";
import bash from "../completion/garza.bash.sh" with { type: "text" };
import fish from "../completion/garza.fish.sh" with { type: "text" };
import zsh from "../completion/garza.zsh.sh" with { type: "text" };
import { complete } from "../completion/words.ts";

const scripts = new Map([
  ["bash", bash],
  ["zsh", zsh],
  ["fish", fish],
]);

export const completion: Command = {
  name: "completion",
  takes: "<shell> [...words]",
  summary: "Print the completion script of a shell",
  about: [
    "SHELL is bash, zsh or fish. The scripts ask `garza completion words -- WORD …`, which prints what may stand last,",
    "a line each, with a tab and a few words on it where there are any. It needs no agent.",
  ].join("\n"),
  options: [],
  staysHere: true,
  examples: [
    "source <(garza completion bash)                                  # in ~/.bashrc",
    "source <(garza completion zsh)                                   # in ~/.zshrc, after compinit",
    "garza completion fish > ~/.config/fish/completions/garza.fish",
  ],
  async run({ args, terminal }) {
    const [shell = "", ...words] = args;
    if (shell === "words") {
      const candidates = await complete(words, terminal);
      terminal.out.write(candidates.map(({ word, says }) => `${says ? `${word}\t${says}` : word}\n`).join(""));
      return 0;
    }
    const script = scripts.get(shell);
    if (script === undefined) {
      const [near] = nearest(shell, scripts.keys());
      throw problem({
        kind: "usage",
        message: `there is no completion for ${shell}`,
        hint: near ? `Did you mean: garza completion ${near}` : "Known: bash, zsh, fish",
      });
    }
    terminal.out.write(script);
    return 0;
  },
};
