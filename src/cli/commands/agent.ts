import { resolve } from "node:path";
import { readEnvironmentFile } from "../../core/environment-file.ts";
import { nearest } from "../../core/nearest.ts";
import { problem } from "../../core/problem.ts";
import type { Call, Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { serveForeground } from "../serve-foreground.ts";

export const agent: Command = {
  name: "agent",
  takes: "[run]",
  summary: "Run the operations of the queue, until it is stopped",
  about: [
    "It serves one repository: takes operations by priority, several at once, and listens on a socket in the data",
    "folder. SIGTERM or Ctrl-C: nothing more is begun, running steps are waited for (agent.drain_timeout), and what",
    "is left is carried on by the next agent. Once more: it leaves at once. SIGHUP, without a terminal: the configuration",
    "is read again. To have it run by itself: garza agent install",
  ].join("\n"),
  options: [
    { flags: "--workers <n>", says: "Operations at once (default: queue.max_concurrent in garza.yml, else 3)" },
    {
      flags: "--log <file>",
      says: "Write the log to a file (10 MiB, four older ones are kept), not to standard error",
    },
    {
      flags: "--environment <file>",
      says: "Variables (NAME=value, a line each), as agent.env in the data folder has them",
    },
  ],
  examples: ["garza agent", "garza agent --workers 5"],
  run(call) {
    const [word = "run"] = call.args;
    if (word !== "run") throw unknownWord(word);
    const workers = readWorkers(call.value("workers"), "garza agent");
    const log = call.value("log");
    const served = withEnvironment(call);
    return serveForeground(served, {
      places: openPlaces(served),
      command: "garza agent",
      workers,
      untilEmpty: false,
      log: log && resolve(call.terminal.cwd, log),
    });
  },
};

const words = ["run", "install", "uninstall", "status", "reload", "logs", "stop", "upgrade", "check"];

function unknownWord(word: string) {
  const [near] = nearest(word, words);
  const message = `there is no command agent ${word}`;
  return problem({
    kind: "usage",
    message,
    hint: near ? `Did you mean: garza agent ${near}` : `Known: ${words.join(", ")}`,
  });
}

/** What the file says goes before what the process was started with. Throws `usage` where there is no such file. */
function withEnvironment(call: Call): Call {
  const typed = call.value("environment");
  if (typed === undefined) return call;
  const file = resolve(call.terminal.cwd, typed);
  const found = readEnvironmentFile(file);
  if (!found) throw misuse(`there is no file ${file}`, "garza agent");
  return { ...call, terminal: { ...call.terminal, env: { ...call.terminal.env, ...found.variables } } };
}

/** Undefined: as configured. Throws `usage`. */
export function readWorkers(typed: string | undefined, command: string): number | undefined {
  if (typed === undefined) return undefined;
  if (/^[1-9]\d{0,2}$/.test(typed)) return Number(typed);
  throw misuse(`${JSON.stringify(typed)} is not a number of workers from 1 to 999`, command);
}

const misuse = (message: string, command: string) =>
  problem({ kind: "usage", message, hint: `More: ${command} --help` });
