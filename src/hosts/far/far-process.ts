/**
 * A process on another machine, under the wrapper that local ones have. It is found by the name of its run folder
 * there, by whatever route; nothing here starts a second one under the same name.
 */
import { problem } from "../../core/problem.ts";
import wrapper from "../../core/process/wrapper.sh" with { type: "text" };
import { singleQuoted } from "../../core/shell-quote.ts";
import type { Connection } from "../connection.ts";
import { type Answer, ask } from "./ask.ts";
import beginProgram from "./begin.sh" with { type: "text" };
import helloProgram from "./hello.sh" with { type: "text" };
import lookProgram from "./look.sh" with { type: "text" };
import stopProgram from "./stop.sh" with { type: "text" };
import tidyProgram from "./tidy.sh" with { type: "text" };

export type FarStart = {
  /** Where `scriptPlace` stands, it finds its script. */
  argv: readonly [string, ...string[]];
  script?: string;
  /** It stays there as a file with a name of its own, for an interpreter that is no shell: no values are in it. */
  isFile?: boolean;
  /** Without it the standard input is empty. */
  stdin?: string;
  env: Readonly<Record<string, string>>;
  /** As it is written: absolute, `~/…`, or relative to the home folder there, which is the default. */
  directory?: string;
  /** Seconds from now: its wrapper ends it then. */
  untilSeconds?: number;
};

export const scriptPlace = "/dev/fd/9";
const filePlace = "$g_folder/program";

/** What is there: `detach` is how a process gets a session of its own. */
export type FarPlace = { detach: string; room: boolean; place: string };

/** What became of it. `left`: pids of its group. */
export type FarLook = {
  /** `never`: it ran nothing, and never will; `absent`: nothing is there that proves anything. */
  state: "running" | "exited" | "gone" | "never" | "absent";
  exitCode: number | null;
  lapsed: boolean;
  /** Pid, start time and boot id, as its wrapper wrote them. */
  pid: string;
  start: string;
  boot: string;
  left: string;
  /** From the offsets asked for. */
  out: Buffer;
  err: Buffer;
  /** Bytes that there were by then behind these. */
  behind: Offsets;
};

export type Offsets = { out: number; err: number };

type Asking = { signal?: AbortSignal };
/** Gives up as long as nothing is sent. */
type Unsent = { quits?: AbortSignal };

/** Throws `NotUnderstood` where there is no POSIX shell. */
export async function greet(connection: Connection, options?: Asking & Unsent): Promise<FarPlace> {
  const { words, head } = await ask(
    connection,
    { program: helloProgram, variables: { name: "" }, call: "hello" },
    options,
  );
  const [, detach = "none", room] = words;
  return { detach, room: room === "yes", place: (head[0] ?? "").trim() };
}

export type NotBegun = "full" | "directory" | "moved";

/** Nothing was started where there is no room, no such folder, or the machine is not the one that was greeted. */
export async function begin(
  connection: Connection,
  name: string,
  { detach, place }: FarPlace,
  { argv, script = "", isFile = false, stdin, env, directory = "", untilSeconds }: FarStart,
  unsent: Unsent = {},
): Promise<FarLook | NotBegun> {
  const variables = {
    name,
    detach,
    expected: place,
    directory,
    ...asking({ out: 0, err: 0 }, { patience: shortPatience, claim: true }),
    until: secondsOf(untilSeconds),
  };
  // The shell has the script open under another number; what it starts has no business with it.
  const files = isFile ? { program: script } : script === "" ? {} : { script: `exec 9<&-\n${script}` };
  const program = [
    lookProgram,
    beginProgram,
    exporting({ ...env, GARZA_RUN: name }),
    filling({ wrapper, ...files }, stdin),
  ].join("\n");
  const words = argv.map((word) => (isFile && word === scriptPlace ? `"${filePlace}"` : singleQuoted(word)));
  const call = ["begin", ...words].join(" ");
  const answer = await ask(connection, { program, variables, call }, unsent);
  const [word] = answer.words;
  return word === "full" || word === "directory" || word === "moved" ? word : lookOf(answer, { out: 0, err: 0 });
}

/**
 * Waits until there is something new, or for a while. `untilSeconds`: from now on it has so long. `safe`: up to there
 * nobody asks for its output again, and the room for it is given back.
 */
export async function look(
  connection: Connection,
  name: string,
  offsets: Offsets,
  { untilSeconds, safe, ...options }: Asking & { untilSeconds?: number | undefined; safe?: Offsets | undefined } = {},
): Promise<FarLook> {
  const patience = untilSeconds === undefined ? longPatience : Math.min(longPatience, 6 + Math.floor(untilSeconds / 4));
  const variables = {
    name,
    expected: "",
    ...asking(offsets, { patience, claim: false }),
    until: secondsOf(untilSeconds),
    safeout: safe?.out || "",
    safeerr: safe?.err || "",
  };
  return lookOf(await ask(connection, { program: lookProgram, variables, call: "look" }, options), offsets);
}

/** At once. What was not started yet in that place never will be: a start that is late runs nothing. */
export async function claim(connection: Connection, name: string, offsets: Offsets, place: string): Promise<FarLook> {
  const variables = { name, expected: place, ...asking(offsets, { patience: 0, claim: true }) };
  return lookOf(await ask(connection, { program: lookProgram, variables, call: "look" }), offsets);
}

/**
 * Resolves when the group has ended, with the pids that got away from it. `become`: who it runs as, by sudo; `group`:
 * of a process that has no run folder.
 */
export async function stop(
  connection: Connection,
  name: string,
  {
    graceMs,
    become = "",
    group,
    ...options
  }: Asking & { graceMs: number; become?: string | undefined; group?: number },
): Promise<string[]> {
  const variables = { name, grace: Math.round(graceMs), become, group: group ?? "" };
  const { head } = await ask(connection, { program: stopProgram, variables, call: "stop" }, options);
  return (head[0] ?? "").split(" ").filter(Boolean);
}

/** Removes the folder of what is recorded; `sweep`: those that nobody has asked for in a week, too. */
export async function tidy(
  connection: Connection,
  name: string,
  { sweep, ...options }: Asking & { sweep: boolean },
): Promise<void> {
  const variables = { name, sweep: sweep ? "yes" : "" };
  await ask(connection, { program: tidyProgram, variables, call: "tidy" }, options);
}

const secondsOf = (seconds: number | undefined) => (seconds === undefined ? "" : Math.max(0, Math.floor(seconds)));

const block = 4096;
/** At most as much of each stream in one answer. */
const pieceBlocks = 256;
/** Pauses there: the first few are short, the others a second. */
const longPatience = 24;
const shortPatience = 4;

const asking = ({ out, err }: Offsets, { patience, claim }: { patience: number; claim: boolean }) => ({
  out,
  err,
  patience,
  claim: claim ? "yes" : "",
  until: "",
  safeout: "",
  safeerr: "",
  blocks: pieceBlocks,
  plenty: (pieceBlocks * block) / 2,
});

const exporting = (env: Readonly<Record<string, string>>) =>
  `variables() {\n${Object.entries(env)
    .map(([name, value]) => `export ${name}=${singleQuoted(value)}\n`)
    .join("")}}`;

function lookOf({ words, head, section }: Answer, offsets: Offsets): FarLook {
  const [state, code, lapsed, outSize, errSize] = words;
  const [pid = "", start = "", boot = "", left = ""] = head;
  const [out, err] = [
    cut(section("out"), offsets.out, Number(outSize)),
    cut(section("err"), offsets.err, Number(errSize)),
  ];
  return {
    state: state as FarLook["state"],
    exitCode: code === undefined || code === "-" ? null : Number(code),
    lapsed: lapsed === "yes",
    pid,
    start,
    boot,
    left: left.trim(),
    out,
    err,
    behind: {
      out: Math.max(0, Number(outSize) - offsets.out - out.length),
      err: Math.max(0, Number(errSize) - offsets.err - err.length),
    },
  };
}

/** Whole blocks come: what was asked for begins within the first, and ends where the file did when it was measured. */
function cut(bytes: Buffer, offset: number, size: number): Buffer {
  const skipped = offset % block;
  return bytes.subarray(skipped, Math.max(skipped, skipped + size - offset));
}

/** Each text as it is, but for a newline at its end; the standard input to the byte. */
function filling(files: Readonly<Record<string, string>>, stdin: string | undefined): string {
  const mark = `end-${crypto.randomUUID()}`;
  const pieces = Object.entries(files).map(([name, text]) => `cat >${name} <<'${mark}' &&\n${text}\n${mark}\n`);
  if (stdin !== undefined) {
    const { text, back } = withoutNul(stdin);
    const size = Buffer.byteLength(stdin);
    pieces.push(`${back} >stdin.whole <<'${mark}' &&\n${text}\n${mark}\n`);
    pieces.push(size === 0 ? ": >stdin &&\n" : `dd if=stdin.whole of=stdin bs=${size} count=1 2>/dev/null &&\n`);
    pieces.push("rm -f stdin.whole &&\n");
  }
  return `pieces() {\n${pieces.join("")}:\n}`;
}

/** A shell's text can't hold a NUL: another character that is not in it stands for it on the way. */
function withoutNul(text: string): { text: string; back: string } {
  if (!text.includes("\0")) return { text, back: "cat" };
  const free = [1, 2, 3, 4, 5, 6].find((code) => !text.includes(String.fromCharCode(code)));
  if (free === undefined) {
    throw problem({
      kind: "value-refused",
      code: "E_NUL",
      where: "stdin",
      message: "it holds NULs and all that could stand for them",
    });
  }
  return { text: text.replaceAll("\0", String.fromCharCode(free)), back: `tr '\\00${free}' '\\000'` };
}
