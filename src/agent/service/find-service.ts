import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { listFolder, rootInList } from "./launchd.ts";
import type { Manager, ServicePlace } from "./service.ts";
import { rootInUnit, unitFolder } from "./systemd.ts";

export type Homes = {
  platform: string;
  /** Absolute; the user's own. */
  home: string;
  /** XDG_CONFIG_HOME, or ~/.config. */
  configHome: string;
};

/** Every service of ours that the machine's manager knows for this user, with the root that it serves. */
export function listServices({ platform, home, configHome }: Homes): (ServicePlace & { root: string; name: string })[] {
  const manager: Manager = platform === "darwin" ? "launchd" : "systemd";
  const folders =
    manager === "launchd"
      ? ([["user", listFolder(home)]] as const)
      : (["user", "system"] as const).map((scope) => [scope, unitFolder(scope, configHome)] as const);
  const rootIn = manager === "launchd" ? rootInList : rootInUnit;
  const pattern = manager === "launchd" ? /^(garza\.(.+))\.plist$/ : /^(garza@(.+)\.service)$/;
  return folders.flatMap(([scope, folder]) =>
    namesIn(folder).flatMap((entry) => {
      const [, unit, name] = pattern.exec(entry) ?? [];
      const file = join(folder, entry);
      const root = unit === undefined ? undefined : rootIn(textOf(file));
      return unit === undefined || name === undefined || root === undefined
        ? []
        : [{ manager, scope, unit, name, file, root }];
    }),
  );
}

/** The service of this root; undefined: it has none. */
export const findService = (root: string, homes: Homes) => listServices(homes).find((each) => each.root === root);

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // There is no such folder, or it is not ours to read: no service of ours is in it.
    return [];
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
