import { join, resolve } from "node:path";
import type { Places } from "../core/config.ts";

/** Where the control socket is: `GARZA_SOCKET`, else in the data folder. */
export function socketPlace({ root, data }: Places, env: Readonly<Record<string, string | undefined>>): string {
  return env.GARZA_SOCKET ? resolve(root, env.GARZA_SOCKET) : join(data, "agent.sock");
}
