/** The hosts of a repository, for a command: what becomes of routes is told on standard error. */
import { hostSurroundings } from "../../agent/host-surroundings.ts";
import type { Places } from "../../core/config.ts";
import { problem } from "../../core/problem.ts";
import { showSafe } from "../../core/redact.ts";
import { openSecrets } from "../../core/secrets.ts";
import { loadSettings } from "../../core/settings.ts";
import { type Hosts, openHosts as open } from "../../hosts/connections.ts";
import type { Host, Inventory } from "../../hosts/inventory.ts";
import type { Call } from "../command.ts";
import { definedEnv, openPlaces } from "../open.ts";

export type OpenHosts = { hosts: Hosts; inventory: Inventory; places: Places };

/** Works with them, and closes what was opened however that ends. Throws `configuration`. */
export async function withHosts<Result>(call: Call, work: (open: OpenHosts) => Promise<Result>): Promise<Result> {
  const { terminal } = call;
  const places = openPlaces(call);
  const env = definedEnv(terminal);
  const secrets = openSecrets({ data: places.data, env, platform: terminal.platform });
  const surroundings = hostSurroundings({
    places,
    env,
    clock: terminal.clock,
    settings: loadSettings(places, env),
    secret: (name) => secrets.get(name),
    say: (text) => terminal.err.write(`garza: ${showSafe(text)}\n`),
  });
  const hosts = open(surroundings);
  try {
    return await work({ hosts, inventory: surroundings.inventory(), places });
  } finally {
    await hosts.close();
  }
}

/** Throws `usage` for this machine where it has no address: nothing leads there by SSH. */
export function refuseThisMachine({ name, local, primary }: Host): void {
  if (!local || primary) return;
  throw problem({ kind: "usage", message: `${name} is this machine`, hint: "Leave out the host, and it is done here" });
}
