import type { AgentNote } from "../../api/control.ts";
import { readEnvironmentFile } from "../../core/environment-file.ts";
import { showSafe } from "../../core/redact.ts";
import { currentOwner } from "../../store/owner.ts";
import type { Call, Command } from "../command.ts";
import { openPlaces } from "../open.ts";
import { duration, json, oneLine, table, time } from "../output.ts";
import { agentEnvFile } from "../service/agent-env.ts";
import { call as callManager } from "../service/call.ts";
import { callsFor, serviceOf } from "../service/homes.ts";

export const status: Command = {
  name: "agent status",
  takes: "",
  summary: "Who runs operations here, its service, and where its environment comes from",
  about: "Ends with 69 when no agent runs. What the operations do: garza status",
  options: [],
  examples: ["garza agent status", "garza agent status --json"],
  staysRoot: true,
  async run(call) {
    const { terminal, flag } = call;
    const places = openPlaces(call);
    const agent = currentOwner(places.data);
    const service = serviceState(places.root, call);
    const environment = environmentOf(places.data);
    const { warnings = [], ...file } = environment ?? { file: agentEnvFile(places.data), names: null };
    const document = { agent, service, data: places.data, environment: file };
    if (flag("json")) terminal.out.write(json(document));
    else {
      const now = terminal.clock.now();
      const rows = [
        ...(agent ? agentRows(agent, now) : [["agent", "none runs here. Start one: garza agent"]]),
        ...(service ? [["service", oneLine(service.says)], ["unit", service.file]] : [["service", "none. Install one: garza agent install"]]), // biome-ignore format: a table
        ["data", places.data],
        ...(agent && agent.secrets.length > 0 ? [["secrets", agent.secrets.map(({ name, source }) => `${name} (${source ?? "nowhere"})`).join(", ")]] : []), // biome-ignore format: a table
        ["environment", file.names ? `${file.file}: ${file.names.join(", ")}` : "that of whoever starts it"],
      ];
      terminal.out.write(`${table(rows)}\n`);
    }
    if (agent?.refused && !flag("json")) terminal.out.write(`\n${showSafe(agent.refused)}\n`);
    for (const warning of warnings) terminal.err.write(`warning: ${warning}\n`);
    return agent ? 0 : 69;
  },
};

function agentRows({ command, pid, since, version, workers, socket, configured, refused }: AgentNote, now: number) {
  return [
    ["agent", `${oneLine(command)} (process ${pid}), garza ${oneLine(version)}, up ${duration(now - since)}`],
    ["at once", String(workers)],
    ["socket", socket ?? "none"],
    ["configuration", refused === null ? `read ${time(configured)}` : `a newer one was refused at ${time(configured)}`],
  ];
}

/** What the service manager says; null: no service is installed. */
function serviceState(root: string, { terminal }: Call) {
  const service = serviceOf(root, terminal);
  if (!service) return null;
  const { manager, scope, unit, file } = service;
  const { exitCode, stdout, stderr } = callManager(callsFor(service).state, terminal.env);
  const told = Object.fromEntries([...stdout.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
  const state = manager === "launchd" ? /\bstate = (.+)/.exec(stdout)?.[1] : `${told.ActiveState} (${told.SubState}), ${told.UnitFileState}`; // biome-ignore format: a choice
  const restarts = Number(told.NRestarts ?? 0) > 0 ? `, started again ${told.NRestarts} times` : "";
  const says = exitCode === 0 ? `${unit} (${scope}): ${state}${restarts}` : `${unit} (${scope}): ${stderr.trim()}`;
  return { manager, scope, unit, file, says };
}

function environmentOf(data: string) {
  const file = agentEnvFile(data);
  const found = readEnvironmentFile(file);
  if (!found) return undefined;
  const warnings = found.ignored.map(({ line, why }) => `${file}:${line} is left out: ${why}`);
  return { file, names: Object.keys(found.variables), warnings };
}
