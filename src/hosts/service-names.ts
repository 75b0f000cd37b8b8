import { contained, readRegular } from "../core/files.ts";
import { isMapping, type Mapping } from "../core/value.ts";
import { readYaml } from "../core/yaml.ts";

export const servicesFile = "infra/services.yml";

/**
 * The services of the registry by name, without looking at what else is written there: what only lists them need not
 * load all that checks it. None where it can't be read.
 */
export function serviceNames(root: string): string[] {
  const found = readRegular(contained(root, servicesFile), servicesFile);
  const { value, faults } = readYaml(found?.text.replace(/^\ufeff/, "") ?? "", servicesFile);
  const services = isMapping(value) && faults.length === 0 ? value.services : undefined;
  return isMapping(services) ? namesIn(services) : [];
}

/** Names that begin with `x-` are the author's own. */
export const namesIn = (mapping: Mapping): string[] => Object.keys(mapping).filter((name) => !name.startsWith("x-"));
