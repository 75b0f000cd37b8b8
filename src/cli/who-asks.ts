import { hostname } from "node:os";
import type { Env } from "../core/places.ts";

/** `ada@web1`: the caller's own word, for the record. */
export const whoAsks = (env: Env) =>
  `${env.SUDO_USER || env.USER || env.LOGNAME || `user ${process.getuid?.()}`}@${hostname()}`;
