/** The program: what was typed, to a command, to an exit code. Alone in reading argv and env, and in exiting. */
import { writeSync } from "node:fs";
import { version } from "./core/version.ts";

const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
  // Loads nothing else: this is what scripts ask in a loop. Opening process.stdout alone would double the time.
  writeSync(1, `garza ${version}\n`);
} else {
  const { openTerminal } = await import("./cli/terminal.ts");
  const { dispatch } = await import("./cli/dispatch.ts");
  const terminal = openTerminal(process.env, process.cwd());
  const code = await dispatch(argv, terminal);
  // What could not be written has been told by now, where that was possible.
  await Promise.allSettled([terminal.out.drained(), terminal.err.drained()]);
  process.exit(code);
}
