import { isAbsolute, join } from "node:path";
import { findService, type Homes } from "../../agent/service/find-service.ts";
import { launchdCalls } from "../../agent/service/launchd.ts";
import type { ServiceCalls, ServicePlace } from "../../agent/service/service.ts";
import { systemdCalls } from "../../agent/service/systemd.ts";
import type { Terminal } from "../terminal.ts";

export function homesOf({ env, platform }: Pick<Terminal, "env" | "platform">): Homes {
  const home = env.HOME && isAbsolute(env.HOME) ? env.HOME : "/nonexistent";
  const configHome =
    env.XDG_CONFIG_HOME && isAbsolute(env.XDG_CONFIG_HOME) ? env.XDG_CONFIG_HOME : join(home, ".config");
  return { platform, home, configHome };
}

export const serviceOf = (root: string, terminal: Pick<Terminal, "env" | "platform">) =>
  findService(root, homesOf(terminal));

export const callsFor = (place: ServicePlace): ServiceCalls =>
  place.manager === "systemd" ? systemdCalls(place) : launchdCalls(place, process.getuid?.() ?? 0);
