/**
 * Settings, each from the last place that has it: its default, `garza.yml` in the root (shared by all
 * machines), `config.yml` in the data folder (this machine), the environment. A new one is a line in the table.
 */
import { join } from "node:path";
import type { Places } from "./config.ts";
import { parseDuration } from "./duration.ts";
import { readRegular } from "./files.ts";
import { didYouMean } from "./nearest.ts";
import { problem } from "./problem.ts";
import { type Fault, showFault } from "./problems.ts";
import { isMapping, toText, type Value } from "./value.ts";
import { readYaml, type YamlPath } from "./yaml.ts";

type Row = {
  fallback: string;
  variable?: string;
  expected: string;
  accepts(text: string): boolean;
  /** What machines must not see differently: refused in the file of one of them. */
  common?: boolean;
};

const words = (fallback: string, ...all: string[]): Row => ({
  fallback,
  expected: all.join(", "),
  accepts: (text) => all.includes(text),
});

const whole = (fallback: string, least: number, most: number): Row => ({
  fallback,
  expected: `a whole number from ${least} to ${most}`,
  accepts: (text) => /^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most,
});

const time = (fallback: string): Row => ({
  fallback,
  expected: "a duration like 30s, 5m, 2h",
  accepts: (text) => parseDuration(text) !== undefined,
});

const table = {
  /** Operations that are run at once. */
  "queue.max_concurrent": { ...whole("3", 1, 1000), variable: "GARZA_MAX_CONCURRENT" },
  /** How long running steps get when the agent is asked to leave. */
  "agent.drain_timeout": time("60s"),
  /** Ended operations are forgotten after so many days, or when so many younger ones have ended. */
  "history.keep_days": whole("365", 1, 36_500),
  "history.keep": whole("10000", 10, 10_000_000),
  /** Which ended operations get an entry in infra/state/operations.json. */
  "history.file": words("changes", "changes", "all", "none"),
  /** How long a shared lock holds unless it is renewed, which happens every third of it. */
  "locks.ttl": time("10m"),
  /** How long an interrupted operation's locks are kept for it. */
  "locks.interrupted_hold": time("1h"),
  /** How far apart the clocks of two machines may be, and what a holder gets that is just renewing. */
  "locks.max_skew": time("5m"),
  "locks.grace": time("10s"),
  /** Where the remote keeps locks: refs of their own, or branches where its host takes no others. */
  "locks.refs": { ...words("custom", "custom", "branches"), common: true },
  /** Whether infra/state/locks/NAME.lock in the shared branch, as another tool keeps it, is a lock. */
  "locks.legacy": { ...words("off", "off", "honor"), common: true },
  /** Whether changes of state files are pushed, how often at most, and to which branch (empty: the remote's own). */
  "state.publish": words("auto", "auto", "manual"),
  "state.publish_interval": time("60s"),
  "state.branch": {
    fallback: "",
    expected: "a branch's name",
    accepts: (text) => /^[\w./-]{0,200}$/.test(text) && !/^[-/.]|^refs\/|^HEAD$|\.\.|\.lock$|\/$/.test(text),
  },
  /** `ff`: a clean clone is fast-forwarded to its upstream every so often, and read again. */
  "repository.follow": words("off", "off", "ff"),
  "repository.interval": time("3m"),
  "apis.digitalocean.url": {
    fallback: "https://api.digitalocean.com",
    variable: "GARZA_DIGITALOCEAN_URL",
    expected: "an address like https://api.digitalocean.com",
    accepts: (text) => URL.canParse(text),
  },
} satisfies Record<string, Row>;

type Fixed = keyof typeof table;
/** `queue.groups.NAME`: how many operations of that concurrency group run at once. */
type Group = `queue.groups.${string}`;
/** `mcp_servers.NAME.url`; `.secret` names the secret that is its bearer token. Some of them run commands on hosts. */
type Server = `mcp_servers.${string}.${"url" | "secret"}`;
export type SettingName = Fixed | Group | Server;
/** `from`: `default`, a file and line, or the variable. */
export type Setting = { value: string; from: string };
export type Settings = Readonly<
  Record<Fixed, Setting> & { [group: Group]: Setting | undefined } & { [server: Server]: Setting | undefined }
>;

/** How many operations of a concurrency group run at once: 1 where nothing is said. */
export const groupLimit = (settings: Settings, group: string): number =>
  Number(settings[`queue.groups.${group}`]?.value ?? 1);

/** A server of `mcp_servers`; undefined where none is called so. `secret` is the name of its token. */
export function mcpServer(settings: Settings, name: string): { url: string; secret?: string } | undefined {
  const url = settings[`mcp_servers.${name}.url`]?.value;
  const secret = settings[`mcp_servers.${name}.secret`]?.value;
  return url === undefined ? undefined : { url, ...(secret !== undefined && { secret }) };
}

/** Throws `configuration` with every fault of both files, or of a variable. */
export function loadSettings({ root, data }: Places, env: Readonly<Record<string, string | undefined>>): Settings {
  const settings = Object.fromEntries(names.map((name) => [name, { value: table[name].fallback, from: "default" }]));
  const own = join(data, "config.yml");
  Object.assign(settings, readSettings(join(root, "garza.yml")), readSettings(own, { common: false }));
  for (const name of names) {
    const { variable, accepts, expected } = table[name] as Row;
    const value = variable === undefined ? undefined : env[variable];
    if (variable === undefined || value === undefined || value === "") continue;
    if (!accepts(value)) throw problem({ kind: "configuration", where: variable, message: `expected ${expected}` });
    settings[name] = { value, from: variable };
  }
  return settings as Settings;
}

/** The same settings, as they are now. Throws what `loadSettings` throws, and has changed nothing then. */
export function reloadSettings(
  settings: Settings,
  places: Places,
  env: Readonly<Record<string, string | undefined>>,
): void {
  const fresh = loadSettings(places, env);
  for (const name of Object.keys(settings)) if (!Object.hasOwn(fresh, name)) Reflect.deleteProperty(settings, name);
  Object.assign(settings, fresh);
}

const names = Object.keys(table) as Fixed[];

/** Names of the author's own in them. */
const patterns: readonly [RegExp, Row][] = [
  [/^queue\.groups\../, whole("1", 1, 1000)],
  [
    /^mcp_servers\.[^.]+\.url$/,
    { fallback: "", expected: "an address like https://mcp.example.org/mcp", accepts: isWeb },
  ],
  [
    /^mcp_servers\.[^.]+\.secret$/,
    { fallback: "", expected: "the name of a secret", accepts: (text) => /^[A-Za-z_][A-Za-z0-9_-]*$/.test(text) },
  ],
];

function isWeb(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function rowOf(name: string): Row | undefined {
  const pattern = patterns.find(([named]) => named.test(name));
  if (pattern) return pattern[1];
  return Object.hasOwn(table, name) ? table[name as Fixed] : undefined;
}

function readSettings(file: string, { common = true } = {}): Partial<Settings> {
  const found = readRegular(file);
  if (!found) return {};
  const yaml = readYaml(found.text, file);
  const settings: Partial<Record<SettingName, Setting>> = {};
  const faults: Fault[] = [...yaml.faults];
  const refuse = (path: YamlPath, code: string, message: string) =>
    faults.push({ ...yaml.placeOf(path, code === "unknown-key" ? "key" : "value"), severity: "error", code, message });
  for (const [path, value] of leaves(yaml.value)) {
    const name = path.join(".");
    const row = rowOf(name);
    if (!row) {
      refuse(path, "unknown-key", `there is no setting ${name}.${didYouMean(name, names)}`);
    } else if (row.common && !common) {
      refuse(path, "place", `${name} belongs in garza.yml, which all machines share`);
    } else if (!row.accepts(toText(value))) {
      refuse(path, "type", `${name}: expected ${row.expected}`);
    } else {
      settings[name as SettingName] = { value: toText(value), from: `${file}:${yaml.placeOf(path).line}` };
    }
  }
  if (faults.length === 0) return settings;
  const message = `can't be used\n\n${faults.map(showFault).join("\n\n")}`;
  throw problem({ kind: "configuration", where: file, message });
}

/** Every value that is no mapping, with its path. Keys that begin with `x-` are the author's own. */
function* leaves(value: Value, path: string[] = []): Generator<[string[], Value]> {
  if (!isMapping(value)) {
    if (path.length > 0) yield [path, value];
    return;
  }
  for (const [key, inner] of Object.entries(value)) {
    if (!key.startsWith("x-")) yield* leaves(inner, [...path, key]);
  }
}
