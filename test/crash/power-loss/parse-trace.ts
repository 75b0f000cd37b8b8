/** The text of `strace --decode-fds=path -xx` as acts on the files of one folder, in their order. */
import { resolve } from "node:path";
import { isWithin } from "../../../src/core/files.ts";
import type { Act } from "./record.ts";
import { isOfAccount } from "./tree.ts";

type Scope = {
  folder: string;
  /** The file that standard output goes to. */
  said: string;
};

type Call = { name: string; args: string; result: number; resultText: string };

/** Throws for a call that it can't tell the effect of. */
export function parseTrace(trace: string, scope: Scope): Act[] {
  // A change takes its place when its call begins, and may be on disk from then on; a sync when its call ends.
  const places: Act[][] = [];
  const begun = new Map<string, { place: number; text: string }>();
  let tail = "";
  for (const line of trace.split("\n")) {
    const [, pid = "", rest = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const [, first] = /^(.*) <unfinished \.\.\.>$/.exec(rest) ?? [];
    const [, last] = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest) ?? [];
    if (first !== undefined) {
      begun.set(pid, { place: places.push([]) - 1, text: first });
      continue;
    }
    const open = last === undefined ? undefined : begun.get(pid);
    const call = callIn(open ? open.text + last : rest);
    if (!call || call.result < 0) continue;
    const place = open?.place ?? places.push([]) - 1;
    if (isWrite(call) && target(call.args) === scope.said) {
      const lines = (tail + written(call).toString()).split("\n");
      tail = lines.pop() ?? "";
      places[place]?.push(...lines.map((text) => ({ kind: "said" as const, line: text })));
    } else if (syncs.has(call.name)) {
      const path = target(call.args);
      if (call.name === "sync" || call.name === "syncfs") places.push([{ kind: "sync", since: place }]);
      else if (isIn(path, scope)) places.push([{ kind: "sync", path, since: place }]);
    } else places[place]?.push(...changesOf(call, scope));
  }
  return flatten(places);
}

/** `since` as a place among the acts. */
function flatten(places: Act[][]): Act[] {
  const before: number[] = [];
  let count = 0;
  for (const acts of places) {
    before.push(count);
    count += acts.length;
  }
  return places.flat().map((act) => (act.kind === "sync" ? { ...act, since: before[act.since] ?? 0 } : act));
}

function callIn(text: string): Call | undefined {
  const [, name, args, resultText = "", code] = /^(\w+)\((.*)\) += ((-?\d+).*)$/.exec(text) ?? [];
  return name && args !== undefined ? { name, args, result: Number(code), resultText } : undefined;
}

const syncs: ReadonlySet<string> = new Set(["fsync", "fdatasync", "sync", "syncfs"]);
const isWrite = ({ name }: Call) => /^p?write/.test(name);

function changesOf(call: Call, scope: Scope): Act[] {
  const { name, args, resultText } = call;
  const [path, second] = paths(args);
  if (isWrite(call)) {
    const file = target(args);
    if (!isIn(file, scope)) return [];
    const at = name.startsWith("p")
      ? { at: Number((name === "pwritev2" ? /, (\d+), \w+$/ : /, (\d+)$/).exec(args)?.[1]) }
      : {};
    return [{ kind: "write", path: file, ...at, bytes: written(call) }];
  }
  if (/^(open|openat|creat)$/.test(name)) {
    const file = target(resultText);
    if (!isIn(file, scope) || !/O_CREAT|O_TRUNC|^creat/.test(name + args)) return [];
    return [{ kind: "create", path: file, empty: /O_TRUNC|^creat/.test(name + args) }];
  }
  if (name === "ftruncate" || name === "truncate") {
    const file = name === "truncate" ? path : target(args);
    return isIn(file, scope) ? [{ kind: "resize", path: file, size: Number(/, (\d+)$/.exec(args)?.[1]) }] : [];
  }
  if (name === "fallocate" && / 0, \d+, \d+$/.test(args)) {
    const file = target(args);
    const [, from, length] = /(\d+), (\d+)$/.exec(args) ?? [];
    return isIn(file, scope) ? [{ kind: "grow", path: file, size: Number(from) + Number(length) }] : [];
  }
  if (name.startsWith("rename") && isIn(path, scope) && isIn(second, scope))
    return [{ kind: "rename", from: path, path: second }];
  if (/^link(at)?$/.test(name) && isIn(path, scope) && isIn(second, scope))
    return [{ kind: "link", from: path, path: second }];
  if (/^mkdir/.test(name) && isIn(path, scope)) return [{ kind: "folder", path }];
  if (/^(unlink|rmdir)/.test(name) && isIn(path, scope)) return [{ kind: "remove", path }];
  if (/^(sendfile|copy_file_range|splice|fallocate|io_uring_enter|symlink)/.test(name) && involves(call, scope)) {
    throw new Error(`the effect of ${name} can't be told`);
  }
  return [];
}

/** Names that a call gives: absolute, or from the folder that is decoded before them. (From an unknown one: not ours.) */
function paths(args: string): string[] {
  return [...args.matchAll(/(?:<((?:\\x..)*)>, )?"((?:\\x..)*)"/g)].map(([, from = "", name = ""]) =>
    resolve("/", decode(from).toString(), decode(name).toString()),
  );
}

/** What the first descriptor in the text stands for; undefined also for a file whose name is gone. */
function target(text: string): string | undefined {
  const [, path, gone] = /^\d+<((?:\\x..)+)>(\(deleted\))?/.exec(text) ?? [];
  return path && !gone ? decode(path).toString() : undefined;
}

function written({ args, result }: Call): Buffer {
  if (/"\.\.\./.test(args)) throw new Error("a write is longer than what was recorded of it");
  return Buffer.concat([...args.matchAll(/"((?:\\x..)*)"/g)].map(([, text = ""]) => decode(text))).subarray(0, result);
}

const decode = (text: string) => Buffer.from(text.replaceAll("\\x", ""), "hex");

function isIn(path: string | undefined, { folder }: Scope): path is string {
  return path !== undefined && isWithin(folder, path) && isOfAccount(path);
}

const involves = ({ args, resultText }: Call, { folder }: Scope) =>
  (args + resultText).includes(Buffer.from(folder).toString("hex").replace(/../g, "\\x$&"));
