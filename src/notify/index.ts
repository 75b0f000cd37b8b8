/** Every channel. A new one is a file and a line here. */
import type { OpenChannel } from "./channel.ts";
import { logChannel } from "./log.ts";

export const channels = { log: logChannel } satisfies Record<string, OpenChannel>;
