/** What connections to hosts are made with, in an agent or in a command. */
import { mcpServer, type Settings } from "../core/settings.ts";
import { currentInventory } from "../hosts/read-inventory.ts";
import type { HostSurroundings } from "../hosts/surroundings.ts";
import type { Surrounding } from "./world.ts";

export type HostsRequest = Pick<Surrounding, "places" | "env" | "clock"> & {
  settings: Settings;
  secret(name: string): string | undefined;
  say(text: string): void;
  notify?: HostSurroundings["notify"];
};

export function hostSurroundings(request: HostsRequest): HostSurroundings {
  const { places, env, clock, settings, secret, say, notify } = request;
  return {
    inventory: currentInventory(places.root, { env }),
    root: places.root,
    data: places.data,
    env,
    clock,
    secret,
    mcpServer(name) {
      const server = mcpServer(settings, name);
      return server && { url: server.url, token: server.secret === undefined ? undefined : secret(server.secret) };
    },
    say,
    ...(notify && { notify }),
  };
}
