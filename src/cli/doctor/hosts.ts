import { GarzaError } from "../../core/problem.ts";
import type { Host, SshSettings } from "../../hosts/inventory.ts";
import { hostsFile, loadInventory } from "../../hosts/read-inventory.ts";
import { waysTo } from "../../hosts/ways.ts";
import { type Finding, fail, ok, type Patient, warn } from "./check.ts";

/** The inventory can be read, and each route in it is one. Whether they work is for `garza ssh test` to say. */
export async function checkHosts({ places }: Patient): Promise<Finding[]> {
  if (!places) return [];
  try {
    const inventory = loadInventory(places.root);
    const hosts = inventory.names().map((name) => inventory.find(name));
    if (hosts.length === 0) return [];
    const odd = [...hosts.flatMap((host) => oddRoutes(host, inventory.ssh())), ...looseTrust(inventory.ssh())];
    return odd.length > 0 ? odd : [ok("hosts", `${hosts.length} in the inventory; garza ssh test tries their routes`)];
  } catch (thrown) {
    if (!(thrown instanceof GarzaError)) throw thrown;
    const [message = ""] = thrown.message.split("\n\n");
    return [fail("hosts", message, `Mend ${hostsFile}; garza ssh test shows each fault with its place`)];
  }
}

const oddRoutes = (host: Host, settings: SshSettings): Finding[] =>
  waysTo(host, settings).skipped.map(({ route, why }) =>
    warn("hosts", `${host.name}: ${route} is skipped: ${why}`, `Mend it in ${hostsFile}`),
  );

const looseTrust = ({ keyChecking }: SshSettings): Finding[] =>
  keyChecking === "off"
    ? [
        warn(
          "hosts",
          "strict_host_key_checking: false is read as accept_new: the first key that a host shows is taken",
          `Write true or accept_new in ${hostsFile}`,
        ),
      ]
    : [];
