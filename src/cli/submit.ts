/** From what was typed to what is submitted. */
import type { Wanted } from "../api/control.ts";
import type { Places } from "../core/config.ts";
import { problem } from "../core/problem.ts";
import { showFault } from "../core/problems.ts";
import { currentOwner } from "../store/owner.ts";
import type { TemplateSource } from "../template/library.ts";
import type { Call } from "./command.ts";
import { json } from "./output.ts";
import { withControl } from "./owner.ts";
import type { RunRequest } from "./request.ts";
import type { Terminal } from "./terminal.ts";
import { whoAsks } from "./who-asks.ts";

type Submit = Pick<RunRequest, "parameters" | "priority" | "timeout" | "key" | "notBefore" | "notAfter">;

/** A name is looked up by the agent; a file was read here, and is sent as a text. */
export const wantedFrom = (source: TemplateSource, request: Submit, terminal: Pick<Terminal, "env">): Wanted =>
  wantedOf(source.file === source.name ? source : source.name, request, terminal);

export function wantedOf(template: Wanted["template"], request: Submit, { env }: Pick<Terminal, "env">): Wanted {
  const { parameters, priority, timeout, key, notBefore, notAfter } = request;
  return {
    template,
    parameters,
    priority,
    askedBy: whoAsks(env),
    ...(timeout !== undefined && { timeout }),
    ...(key !== undefined && { key }),
    ...(notBefore !== undefined && { notBefore }),
    ...(notAfter !== undefined && { notAfter }),
  };
}

/** Throws `not-allowed` where no agent would run it. */
export async function detach(wanted: Wanted, places: Places, { terminal, flag }: Call): Promise<number> {
  if (!currentOwner(places.data)?.workers) {
    throw problem({
      kind: "not-allowed",
      what: "--detach hands it to an agent, and none runs",
      next: "Start one: garza agent",
    });
  }
  const [accepted] = await withControl(places, terminal, (control) => control.submit([wanted]));
  for (const warning of accepted?.warnings ?? []) terminal.err.write(`${showFault(warning)}\n`);
  terminal.out.write(flag("json") ? json({ id: accepted?.id }) : `${accepted?.id}\n`);
  return 0;
}
