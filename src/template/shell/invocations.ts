/** Which programs a command runs: its first word, and what stands behind `sudo`, `timeout`, `find -exec`, … */
import { isGiven, resolved } from "./known.ts";
import { type OptionSpec, readArguments } from "./options.ts";
import type { Simple, Word } from "./syntax.ts";
import { assignmentArgument, literal, programName } from "./words.ts";

export type Invocation = {
  /** The word that names the program. */
  program: Word;
  /** The last part of its path, when it is known. */
  name: string | undefined;
  args: Word[];
  /** `NAME=value` that `env` or `sudo` sets for it. */
  environment: Word[];
  /** It stands behind a word of which only the shell knows what it is, as in `$SUDO systemctl`. */
  supposed: boolean;
};

type Prefix = OptionSpec & {
  /** Words between the options and the program. */
  operands?: number;
  /** `NAME=value` may stand before the program. */
  assignments?: boolean;
  /** With one of these options no program is run. */
  none?: readonly string[];
};

const prefixes: Readonly<Record<string, Prefix>> = {
  sudo: { short: "ughpCrtTUDR", long: ["--user", "--group", "--host", "--prompt", "--chdir"], assignments: true },
  doas: { short: "uC" },
  env: { short: "uCS", long: ["--unset", "--chdir", "--split-string"], assignments: true },
  nohup: {},
  timeout: { short: "sk", long: ["--signal", "--kill-after"], operands: 1 },
  xargs: {
    short: "nIPLdaEs",
    long: ["--max-args", "--max-procs", "--max-lines", "--delimiter", "--arg-file", "--replace", "--max-chars"],
  },
  exec: { short: "a" },
  command: { none: ["-v", "-V"] },
  builtin: {},
  nice: { short: "n", long: ["--adjustment"] },
  ionice: { short: "cnp", long: ["--class", "--classdata"] },
  time: { short: "fo", long: ["--format", "--output"] },
  coproc: {},
  nocorrect: {},
  noglob: {},
  // zsh takes a lone dash for a prefix.
  "-": {},
  busybox: {},
  setsid: {},
  stdbuf: { short: "ioe", long: ["--input", "--output", "--error"] },
  chroot: { long: ["--userspec", "--groups"], operands: 1 },
  chrt: { short: "TPD", operands: 1 },
  taskset: { operands: 1 },
  flock: { short: "wEc", long: ["--timeout", "--conflict-exit-code", "--command"], operands: 1 },
  setpriv: {},
  unshare: {},
  nsenter: { short: "t", long: ["--target"] },
  strace: { short: "eoopsuE" },
  "systemd-run": { short: "pudEMHt", long: ["--property", "--unit", "--uid", "--gid", "--slice", "--description"] },
  "systemd-cat": { short: "tp", long: ["--identifier", "--priority"] },
  "systemd-inhibit": {},
  sshpass: { short: "pfd" },
  runuser: { short: "ugGc", long: ["--user", "--group", "--command"] },
};

const containers = /^(?:docker|podman|nerdctl|docker-compose|podman-compose)$/;
const containerOptions: OptionSpec = {
  short: "euwHcfpl",
  long: ["--env", "--env-file", "--user", "--workdir", "--detach-keys", "--host", "--context", "--index", "--file",
    "--project-name", "--profile", "--project-directory", "--log-level", "--config"], // biome-ignore format: a list
};
const untilDashes = /^(?:kubectl|oc|k3s|lxc|incus|nomad)$/;

/** The command itself first, then what it runs in turn. */
export function invocations({ words }: Simple): Invocation[] {
  return [...follow({ words: words.flatMap(resolved), environment: [], supposed: false })];
}

const deepest = 20;

type Start = Pick<Invocation, "environment" | "supposed"> & { words: readonly Word[] };

function* follow({ words, environment, supposed }: Start, depth = 0): Generator<Invocation> {
  const [program, ...args] = words;
  if (!program) return;
  // Nobody writes more prefixes than that: no value may stand behind them.
  const name = depth < deepest ? programName(program) : "eval";
  yield { program, name, args, environment, supposed };
  if (name === "find")
    for (const inner of executed(args)) yield* follow({ words: inner, environment: [], supposed }, depth + 1);
  const behind = name === undefined ? undefined : behindPrefix(name, args);
  if (behind) yield* follow({ ...behind, supposed }, depth + 1);
  if (name === undefined && isGiven(program)) {
    const next = behindOptions({ assignments: true }, args);
    if (next) yield* follow({ ...next, supposed: true }, depth + 1);
  }
}

function behindPrefix(name: string, args: Word[]): { words: Word[]; environment: Word[] } | undefined {
  if (containers.test(name)) return plain(behindExec(args));
  if (untilDashes.test(name)) return plain(behindDashes(args));
  const prefix = Object.hasOwn(prefixes, name) ? prefixes[name] : undefined;
  if (!prefix) return undefined;
  return behindOptions(prefix, args);
}

function behindOptions(prefix: Prefix, args: Word[]): { words: Word[]; environment: Word[] } | undefined {
  const { options, operands } = readArguments(args, prefix);
  if (options.some((option) => option.name !== undefined && prefix.none?.includes(option.name))) return undefined;
  const rest = operands.slice(prefix.operands ?? 0);
  // `env -` is `env -i`.
  const start = rest.findIndex((word) => !(prefix.assignments && assignmentArgument(word)) && literal(word) !== "-");
  if (start < 0) return undefined;
  return { words: rest.slice(start), environment: rest.slice(0, start).filter((word) => assignmentArgument(word)) };
}

const plain = (words: Word[] | undefined) => words && { words, environment: [] };

/** Behind `docker [compose] exec [options] NAME`. */
function behindExec(args: readonly Word[]): Word[] | undefined {
  const {
    operands: [verb, ...rest],
  } = readArguments(args, containerOptions);
  const text = literal(verb);
  if (text === "compose" || text === "container") return behindExec(rest);
  return text === "exec" ? readArguments(rest, containerOptions).operands.slice(1) : undefined;
}

/** Behind `kubectl exec POD --`. */
function behindDashes(args: readonly Word[]): Word[] | undefined {
  if (!args.some((word) => literal(word) === "exec")) return undefined;
  const dashes = args.findIndex((word) => literal(word) === "--");
  return dashes < 0 ? undefined : args.slice(dashes + 1);
}

/** What stands between `-exec` and `;` or `+` of a find. */
function* executed(args: readonly Word[]): Generator<Word[]> {
  for (const [i, word] of args.entries()) {
    if (!/^-(?:exec|execdir|ok|okdir)$/.test(literal(word) ?? "")) continue;
    const rest = args.slice(i + 1);
    const end = rest.findIndex((each) => /^[;+]$/.test(literal(each) ?? ""));
    yield end < 0 ? rest : rest.slice(0, end);
  }
}
