import type { Clock } from "../core/clock.ts";
import type { Inventory } from "./inventory.ts";

/** What connections are made with. */
export type HostSurroundings = {
  /** As it is when a host is asked for. */
  inventory(): Inventory;
  root: string;
  /** The data folder: its lock is held while known_hosts is written. */
  data: string;
  env: Readonly<Record<string, string>>;
  clock: Clock;
  secret(name: string): string | undefined;
  /** A server of `mcp_servers` in `garza.yml`. */
  mcpServer(name: string): McpServer | undefined;
  /** A line for the log. */
  say(text: string): void;
  /** Told when a host is reached by a fallback, and when by none; not again until that has changed. */
  notify?(note: HostNote): void;
};

export type McpServer = { url: string; token?: string | undefined };
export type HostNote = { priority: "normal" | "high"; title: string; message: string };
