/** What `garza agent install` is to do, decided before anything is done. */
import { basename, join } from "node:path";
import { listServices } from "../../agent/service/find-service.ts";
import { launchdService } from "../../agent/service/launchd.ts";
import type { Scope, Service, ServiceRequest } from "../../agent/service/service.ts";
import { systemdService } from "../../agent/service/systemd.ts";
import type { User } from "../../core/drop-root.ts";
import { statOf } from "../../core/files.ts";
import { findGitFolder } from "../../core/git-folder.ts";
import { dataFolder, findRoot, systemFolder } from "../../core/places.ts";
import { problem } from "../../core/problem.ts";
import type { Call } from "../command.ts";
import { homesOf } from "./homes.ts";
import { ownerOf } from "./owner-of.ts";

export type InstallPlan = { service: Service; request: ServiceRequest; owner: User };

/** Throws `usage`, `not-allowed`, `configuration`, `path-refused`. */
export function planInstall({ flag, value, terminal }: Pick<Call, "flag" | "value" | "terminal">): InstallPlan {
  const { env, cwd, platform } = terminal;
  const root = findRoot({ root: value("root"), env, cwd, platform });
  const owner = ownerOf(root, env.PATH);
  const scope = scopeOf(flag, platform, owner);
  const name = nameOf(value("name"), root);
  const homes = homesOf(terminal);
  refuseTaken(name, root, scope, listServices(homes));
  const where = { env, cwd, platform };
  const data = scope === "system" ? join(systemFolder, name) : dataFolder(root, where);
  if (scope === "system") refuseOtherData(data, dataFolder(root, { ...where, env: { HOME: owner.home } }));
  const request: ServiceRequest = {
    name,
    scope,
    hardened: flag("hardened"),
    program: process.execPath,
    root,
    data,
    repository: findGitFolder(root)?.top ?? root,
    owner,
  };
  const service = platform === "darwin" ? launchdService(request) : systemdService(request, homes.configHome);
  return { service, request, owner };
}

function scopeOf(flag: Call["flag"], platform: string, owner: User): Scope {
  const user = process.getuid?.();
  if (flag("user") && flag("system")) throw misuse("it is either --user or --system");
  const scope: Scope = flag("system") || (user === 0 && owner.uid !== 0 && !flag("user")) ? "system" : "user";
  if (platform === "darwin" && scope === "system") throw misuse("on macOS the agent is a user's: garza agent install");
  if (flag("hardened") && scope === "user")
    throw misuse("--hardened needs the system's manager: a user's has no right to the limits that it sets");
  if (scope === "system" && user !== 0) {
    const next = "Let root do it, or take your own service manager: sudo garza agent install --system, or --user";
    throw problem({ kind: "not-allowed", what: "only root may install a service for the whole system", next });
  }
  if (scope === "user" && user !== owner.uid) {
    const next = `Run it as ${owner.name}, or let the system's manager start it as ${owner.name}: garza agent install --system`;
    throw problem({ kind: "not-allowed", what: `this repository belongs to ${owner.name}`, next });
  }
  return scope;
}

/** Of the root's folder, in the signs that a unit's name may have. */
function nameOf(typed: string | undefined, root: string): string {
  const name = typed ?? (basename(root).replace(/[^\w.-]+/g, "-").replace(/^[-.]+/, "") || "root"); // biome-ignore format: one expression
  if (/^[A-Za-z0-9_][\w.-]{0,63}$/.test(name)) return name;
  throw misuse(`${JSON.stringify(name)} can't be a service's name: letters, digits, - _ . and at most 64 of them`);
}

function refuseTaken(name: string, root: string, scope: Scope, there: ReturnType<typeof listServices>): void {
  const same = there.find((each) => each.root === root && (each.name !== name || each.scope !== scope));
  if (same)
    throw problem({
      kind: "busy",
      what: `this repository has a service already: ${same.unit} (${same.scope})`,
      next: "Take it away first: garza agent uninstall",
    });
  const other = there.find((each) => each.name === name && each.scope === scope && each.root !== root);
  if (other)
    throw problem({
      kind: "busy",
      what: `${other.unit} is the service of ${other.root}`,
      next: "Give this one another name: garza agent install --name NAME",
    });
}

/** The history of operations would be left behind without a word. */
function refuseOtherData(data: string, before: string): void {
  if (before === data || statOf(join(data, "garza.db")) || !statOf(join(before, "garza.db"))) return;
  throw problem({
    kind: "busy",
    what: `this repository has its data in ${before}, and the system's service keeps it in ${data}`,
    next: `Move it there first, while nothing runs: mkdir -p ${systemFolder} && mv '${before}' '${data}'`,
  });
}

const misuse = (message: string) => problem({ kind: "usage", message, hint: "More: garza agent install --help" });
