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
  /** Other times than the usual ones, for tests. */
  times?: Partial<Times>;
};

export type Times = {
  /** Between two questions whether the other side is still there; four without an answer, and it is not. */
  keepaliveMs: number;
  /** A connection that nobody uses is kept so long. */
  idleMs: number;
  /** One on which a stop gets no channel for so long may be dead. */
  silentMs: number;
  /** So much earlier one way begins than the next. */
  headStartMs: number;
};

export const timesOf = ({ times }: HostSurroundings): Times => ({
  keepaliveMs: 15_000,
  idleMs: 60_000,
  silentMs: 5_000,
  headStartMs: 1_000,
  ...times,
});

export type McpServer = { url: string; token?: string | undefined };
export type HostNote = { priority: "normal" | "high"; title: string; message: string };
