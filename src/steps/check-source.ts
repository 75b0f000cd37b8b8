/** Where a check comes from: the step's own keys, or the registry's entry of a service. */
import { z } from "zod";
import { nearest } from "../core/nearest.ts";
import { problem } from "../core/problem.ts";
import { isMapping, type Mapping, type Value } from "../core/value.ts";
import type { Services } from "../hosts/services.ts";
import { type Check, type CheckConfig, checkKeys, defaultCheckMs, methodOf } from "./check.ts";
import { durationSchema } from "./duration-schema.ts";
import { flagSchema, wordSchema } from "./scalar-schemas.ts";
import type { PlanContext } from "./step.ts";

/** The keys with which a step describes a check. */
export const checkSourceKeys = {
  ...checkKeys,
  service: wordSchema.optional().describe("A service of infra/services.yml, with `from_registry: true`."),
  from_registry: flagSchema.optional().describe("All of the check is read from the registry."),
};

export type CheckSource = CheckConfig & { service?: string | undefined; from_registry?: boolean | undefined };

/** Undefined: the service is registered and has no check. Throws `service-unknown`, `configuration`. */
export function findCheck(
  source: CheckSource,
  context: Pick<PlanContext, "services" | "shell">,
): { check: Check; timeoutMs: number } | undefined {
  const { service, from_registry, command, ...own } = source;
  const script = command === undefined ? {} : { script: context.shell(command) };
  if (service === undefined || from_registry !== true)
    return { check: { ...own, ...script }, timeoutMs: defaultCheckMs };
  const entry = context.services.entry(service);
  if (!entry) throw unknownService(service, context.services.names());
  if (!isMapping(entry.health_check)) return undefined;
  const { check, timeoutMs } = readRegistered(service, entry.host, entry.health_check);
  // What the step writes besides is meant for this look.
  const written = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  return { check: { ...check, ...written, ...script }, timeoutMs };
}

const registered = z.object({ ...checkKeys, timeout: durationSchema.default(defaultCheckMs) });

function readRegistered(service: string, host: unknown, written: Mapping): { check: Check; timeoutMs: number } {
  // A command is looked at on the host its service runs on.
  const needsHost = written.host === undefined && written.command !== undefined && written.method !== "command";
  const read = registered.safeParse(needsHost && typeof host === "string" ? { ...written, host } : written);
  if (!read.success) {
    const [issue] = read.error.issues;
    throw misregistered(service, `${issue?.path.join(".")}: ${issue?.message}`);
  }
  const { timeout, command, ...rest } = read.data;
  const lacking = lackingKey({ ...rest, command });
  if (lacking !== undefined) throw misregistered(service, `${lacking} is missing`);
  // A command of the registry is no template: it goes to the shell as it stands there.
  const script = command === undefined ? {} : { script: { text: command, shown: command } };
  return { check: { ...rest, ...script }, timeoutMs: timeout };
}

const misregistered = (service: string, message: string) =>
  problem({ kind: "configuration", where: `infra/services.yml: health_check of ${service}`, message });

const unknownService = (service: string, known: string[]) =>
  problem({ kind: "service-unknown", service, what: "service", nearest: nearest(service, known, 3) });

/** Where its command runs; what comes by the network runs nowhere. */
export function checkedOn(config: Mapping, services: Pick<Services, "entry">): (Value | null)[] {
  const { service } = config;
  const entry = typeof service === "string" ? services.entry(service) : undefined;
  if (service !== undefined && !entry) return [service];
  const registered = isMapping(entry?.health_check) ? entry.health_check : {};
  const { host, method, ...rest } = { ...registered, ...config };
  const where = host ?? (registered.command === undefined || method === "command" ? undefined : entry?.host);
  if (rest.command === undefined) return [];
  return methodOf({ ...rest, host: where, ...(method !== undefined && { method: method as never }) }) === "command"
    ? [null]
    : [where ?? null];
}

/** Faults of a check as it is written in a template. */
export function checkFaults(config: Mapping): { key?: string; message: string }[] {
  if (config.service !== undefined && (config.from_registry === undefined || config.from_registry === false)) {
    return [{ key: "service", message: "`service` needs `from_registry: true`" }];
  }
  if (config.from_registry === true && config.service === undefined) {
    return [{ key: "from_registry", message: "`from_registry` needs a `service`" }];
  }
  if (config.service !== undefined) return [];
  if (Object.keys(checkKeys).every((key) => config[key] === undefined)) {
    return [{ message: "a check needs a `method`, or a `service` with `from_registry: true`" }];
  }
  if (typeof config.method === "string" && config.method.includes("${")) return [];
  const lacking = lackingKey(config);
  return lacking === undefined ? [] : [{ message: `a check by ${methodOf(config)} needs \`${lacking}\`` }];
}

const needed = { http: ["url"], tcp: ["host", "port"], ssh_command: ["command"], command: ["command"] } as const;

/** The first key that the check's method can't do without. */
function lackingKey(config: { [key: string]: unknown }): string | undefined {
  const method = methodOf(config);
  return Object.hasOwn(needed, method) ? needed[method].find((key) => config[key] === undefined) : undefined;
}

/** A check in one line, for a dry run. */
export function showCheck(source: CheckSource, context: PlanContext): string {
  // In a loop only the run knows the service.
  if (source.service !== undefined && !context.services.entry(source.service))
    return `the registry's check of ${source.service}`;
  const found = findCheck(source, context);
  if (!found) return `nothing: ${source.service} has no health check`;
  const { check } = found;
  const method = methodOf(check);
  if (method === "http") return `GET ${check.url}`;
  if (method === "tcp") return `connect to ${check.host}:${check.port}`;
  return `${method === "ssh_command" && check.host !== undefined ? `on ${check.host} ` : ""}$ ${check.script?.shown ?? ""}`;
}
