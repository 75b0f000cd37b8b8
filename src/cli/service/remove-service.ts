import { rmSync } from "node:fs";
import { userInfo } from "node:os";
import { listServices } from "../../agent/service/find-service.ts";
import type { ServicePlace } from "../../agent/service/service.ts";
import type { Places } from "../../core/config.ts";
import { translate } from "../../core/files.ts";
import { problem } from "../../core/problem.ts";
import type { Terminal } from "../terminal.ts";
import { call } from "./call.ts";
import { callsFor, homesOf } from "./homes.ts";
import { endLingering } from "./linger.ts";
import { removeUnitFolders } from "./remove-empty.ts";

/** Ends the agent, and takes its unit away. Says each thing that was done. Throws `not-allowed`, `input-output`. */
export function removeService(
  service: ServicePlace,
  places: Places,
  terminal: Terminal,
  say: (what: string) => void,
): void {
  const { env } = terminal;
  if (service.scope === "system" && process.getuid?.() !== 0) {
    const next = "Let root do it: sudo garza agent uninstall";
    throw problem({ kind: "not-allowed", what: `${service.unit} is a service of the system`, next });
  }
  const { remove, forget } = callsFor(service);
  for (const words of remove) {
    const { exitCode, stderr } = call(words, env);
    // One that was never loaded can't be disabled, and has to go all the same.
    say(exitCode === 0 ? `stopped and disabled ${service.unit}` : `${words.join(" ")}: ${stderr.trim()}`);
  }
  try {
    rmSync(service.file);
  } catch (cause) {
    throw translate(cause, service.file);
  }
  say(`removed ${service.file}`);
  removeUnitFolders(service);
  for (const words of forget) call(words, env);
  if (service.manager !== "systemd" || service.scope === "system") return;
  const isNeeded = listServices(homesOf(terminal)).some(({ scope }) => scope === "user");
  endLingering(userInfo().username, places.data, isNeeded, env, say);
}
