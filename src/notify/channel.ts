import type { Clock } from "../core/clock.ts";
import type { Notification } from "./notifier.ts";

export type ChannelSettings = {
  clock: Clock;
  /** The file of the `log` channel. */
  log: string;
  /** Hears what `log` writes: the live view. */
  listen: (notification: Notification) => void;
};

/** Where a notification goes. Rejects when it could not be delivered. */
export type Channel = (notification: Notification) => Promise<void>;

export type OpenChannel = (settings: ChannelSettings) => Channel;
