import { join } from "node:path";
import plist from "../../../infra/launchd/agent.plist" with { type: "text" };
import { problem } from "../../core/problem.ts";
import { fill, type Service, type ServiceCalls, type ServicePlace, type ServiceRequest } from "./service.ts";

/** Where launchd looks for the agents of a user. */
export const listFolder = (home: string): string => join(home, "Library", "LaunchAgents");

/** Throws `path-refused` for a path that no property list can hold. */
export function launchdService({ name, program, root, data, owner }: ServiceRequest): Service {
  for (const path of [program, root, data]) refuseOddPath(path);
  const label = `garza.${name}`;
  const [ROOT, DATA, PROGRAM] = [root, data, program].map(escaped) as [string, string, string];
  return {
    manager: "launchd",
    scope: "user",
    unit: label,
    file: join(listFolder(owner.home), `${label}.plist`),
    text: fill(plist, { LABEL: label, PROGRAM, ROOT, DATA }),
  };
}

export function launchdCalls({ unit, file }: Pick<ServicePlace, "unit" | "file">, uid: number): ServiceCalls {
  const [domain, target] = [`gui/${uid}`, `gui/${uid}/${unit}`];
  return {
    start: [["launchctl", "bootstrap", domain, file]],
    restart: ["launchctl", "kickstart", "-k", target],
    remove: [["launchctl", "bootout", target]],
    forget: [],
    state: ["launchctl", "print", target],
  };
}

/** XML 1.0 has no way to write most control characters. */
function refuseOddPath(path: string): void {
  if (!/\p{Cc}/u.test(path)) return;
  throw problem({ kind: "path-refused", path: JSON.stringify(path), why: "no property list can hold such a path" });
}

/** The root that a list is for. */
export function rootInList(text: string): string | undefined {
  const found = /<key>GarzaRoot<\/key>\s*<string>([^<]*)<\/string>/.exec(text)?.[1];
  return found?.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
