import type { Mapping } from "../core/value.ts";

/** `infra/services.yml`: the registry of services and their groups. Entries are as written. */
export type Services = {
  /** The entry of a service, or undefined. */
  entry(name: string): Mapping | undefined;
  /** The names in a group; throws `service-unknown`. */
  group(name: string): string[];
  names(): string[];
  groupNames(): string[];
};
