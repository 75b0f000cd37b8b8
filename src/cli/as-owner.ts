/** `sudo garza` in a user's repository works as that user: no file in it, nor of its data, becomes root's. */
import { statSync } from "node:fs";
import { dropTo, environmentOf } from "../core/drop-root.ts";
import { findRoot } from "../core/places.ts";
import { GarzaError } from "../core/problem.ts";
import type { Call, Command } from "./command.ts";
import { ownerOf } from "./service/owner-of.ts";

/** The call as its command is to see it. Throws `not-allowed`, and `configuration` for an owner that nobody knows. */
export function asOwner(call: Call, command: Command): Call {
  const { terminal } = call;
  if (command.staysRoot || process.getuid?.() !== 0) return call;
  const root = rootFor(call);
  if (root === undefined || statSync(root).uid === 0) return call;
  const owner = ownerOf(root, terminal.env.PATH);
  dropTo(owner);
  if (terminal.interactive) terminal.err.write(`garza: as ${owner.name}, whom ${root} belongs to\n`);
  return { ...call, terminal: { ...terminal, env: environmentOf(owner, terminal.env) } };
}

/** Undefined: the command will say so itself, or needs none. */
function rootFor({ value, terminal: { env, cwd, platform } }: Call): string | undefined {
  try {
    return findRoot({ root: value("root"), env, cwd, platform });
  } catch (thrown) {
    if (thrown instanceof GarzaError) return undefined;
    throw thrown;
  }
}
