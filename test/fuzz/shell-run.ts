/** Runs many scripts in one process of a shell, around programs that record how they were run. */
import { chmodSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { shells } from "../support/shells.ts";

export type Shell = keyof typeof shells;
export const shellNames = Object.keys(shells) as Shell[];

/** `more` is the standard input of `A STDIN`, the variable V of `A ENV`. */
export type Run = { program: string; args: string[]; more: string };

export type Batch = {
  /** By the script's number, in the order of time. */
  runs: Map<number, Run[]>;
  /** A command in a value made the file that it wanted to. */
  pwned: boolean;
};

/**
 * The shell reads every script from a file, in a subshell and in a folder that the scripts of the batch share. On
 * its PATH are `A`, and what attacks or re-reading scripts may call.
 */
export async function runBatch(shell: Shell, scripts: ReadonlyMap<number, string>, folder: string): Promise<Batch> {
  const work = join(folder, "work");
  mkdirSync(work, { recursive: true });
  const programs = installPrograms(folder);
  writeFileSync(join(work, "empty"), "");
  for (const [index, script] of scripts) writeFileSync(join(folder, `${index}.sh`), script);
  const driver = join(folder, "driver.sh");
  writeFileSync(driver, driverOf([...scripts.keys()]));
  const record = join(folder, "record");
  const child = Bun.spawn([programOf(shell), ...shells[shell].slice(1), driver], {
    cwd: work,
    env: { PATH: programs, HOME: "/h", LC_ALL: "C.UTF-8", RECORD: record },
    stdio: ["ignore", "ignore", "ignore"],
    timeout: 120_000,
  });
  await child.exited;
  if (child.signalCode !== null) throw new Error(`${shell} did not come to an end in ${folder}`);
  const recorded = existsSync(record) ? readFileSync(record, "utf8") : "";
  return { runs: readRecord(recorded), pwned: existsSync(join(work, "PWNED")) };
}

/** No script fills the disk. */
const driverOf = (indexes: number[]) => `ulimit -f 100000
for CASE in ${indexes.join(" ")}
do
  export CASE
  ( . "../$CASE.sh" )
done
`;

function programOf(shell: Shell): string {
  const found = Bun.which(shells[shell][0]);
  if (found === null) throw new Error(`${shell} is not installed; sh test/setup.sh installs it`);
  return found;
}

function installPrograms(folder: string): string {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  const recorder = join(bin, "A");
  writeFileSync(recorder, recorderText);
  chmodSync(recorder, 0o755);
  symlinkSync("A", join(bin, "touch"));
  for (const program of runners) symlinkSync(Bun.which(program) ?? "/bin/false", join(bin, program));
  return bin;
}

const runners = "sh bash env xargs find awk sed printf nohup nice timeout setsid stdbuf".split(" ");

const recorderText = `#!/bin/sh
case $1 in
STDIN) more=$(/bin/cat; echo .) ;;
ENV) more=$V. ;;
*) more=. ;;
esac
printf '%s\\0' "$CASE" "\${0##*/}" $# "$@" "$more" >> "$RECORD"
case \${0##*/}/$1 in
A/ECHO) shift; printf '<%s>' "$@" ;;
touch/PWNED) : > PWNED ;;
esac
`;

function readRecord(text: string): Batch["runs"] {
  const runs: Batch["runs"] = new Map();
  const words = text.split("\0");
  for (let at = 0; at + 1 < words.length; ) {
    const [index = "", program = "", count = ""] = words.slice(at, at + 3);
    const end = at + 3 + Number(count);
    const run: Run = { program, args: words.slice(at + 3, end), more: (words[end] ?? "").slice(0, -1) };
    runs.set(Number(index), [...(runs.get(Number(index)) ?? []), run]);
    at = end + 1;
  }
  return runs;
}
