import { nearest } from "../core/nearest.ts";
import { problem } from "../core/problem.ts";
import { isMapping, type Mapping, type Value } from "../core/value.ts";
import { readFile } from "./read-file.ts";
import { servicesSchema } from "./schemas.ts";
import { namesIn, servicesFile } from "./service-names.ts";
import type { Services } from "./services.ts";

/**
 * The registry of services, from `infra/services.yml` of the root or another file in it; empty when there is
 * none. The file is read when it is first asked for, and throws `configuration` then.
 */
export function loadServices(root: string, file = servicesFile): Services {
  let written: Mapping | undefined;
  const section = (name: string): Mapping => {
    written ??= readFile(root, file, servicesSchema);
    const found = written[name];
    return isMapping(found) ? found : {};
  };
  const names = () => namesIn(section("services"));
  const groupNames = () => namesIn(section("service_groups"));
  return {
    entry: (name) => mappingAt(section("services"), name),
    group(name) {
      const groups = section("service_groups");
      if (groupNames().includes(name)) return members(groups[name]);
      throw problem({
        kind: "service-unknown",
        service: name,
        what: "service group",
        nearest: nearest(name, groupNames(), 3),
      });
    },
    names,
    groupNames,
  };
}

function mappingAt(mapping: Mapping, name: string): Mapping | undefined {
  const found = Object.hasOwn(mapping, name) && !name.startsWith("x-") ? mapping[name] : undefined;
  return isMapping(found) ? found : undefined;
}

/** A list of names, or a mapping with that list under `services`. */
function members(group: Value | undefined): string[] {
  const list = isMapping(group) ? group.services : group;
  return Array.isArray(list) ? list.map(String) : [];
}
