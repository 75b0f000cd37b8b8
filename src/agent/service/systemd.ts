import { join } from "node:path";
import hardened from "../../../infra/systemd/hardened.service" with { type: "text" };
import host from "../../../infra/systemd/host.service" with { type: "text" };
import user from "../../../infra/systemd/user.service" with { type: "text" };
import { problem } from "../../core/problem.ts";
import {
  fill,
  type Scope,
  type Service,
  type ServiceCalls,
  type ServicePlace,
  type ServiceRequest,
} from "./service.ts";

/** Where systemd looks for units: the machine's, and those of the user (`configHome`: XDG_CONFIG_HOME, or ~/.config). */
export const unitFolder = (scope: Scope, configHome: string): string =>
  scope === "system" ? "/etc/systemd/system" : join(configHome, "systemd", "user");

/** Throws `path-refused` for a path that no unit can hold. */
export function systemdService(request: ServiceRequest, configHome: string): Service {
  const { name, scope, owner, program, root, data, repository } = request;
  const text = scope === "user" ? user : request.hardened ? hardened : host;
  for (const path of [program, root, data, repository, owner.home]) refuseOddPath(path);
  const unit = `garza@${name}.service`;
  const isHardened = text === hardened;
  const keys = [".ssh", ".gitconfig", ".config/git"].map((file) => `-${join(owner.home, file)}`);
  return {
    manager: "systemd",
    scope,
    unit,
    file: join(unitFolder(scope, configHome), unit),
    text: fill(text, {
      NAME: name,
      UNIT: unit,
      USER: owner.name,
      PROGRAM: word(program),
      ROOT: noSpecifier(root),
      ROOT_PLAIN: root,
      ROOT_WORD: word(root),
      DATA: noSpecifier(data),
      HOME_WORD: quoted(`GARZA_HOME=${data}`),
      ...(isHardened && {
        REPOSITORY_BIND: bind(repository),
        PROGRAM_BIND: bind(program),
        KEYS_BIND: keys.map(bind).join(" "),
      }),
    }),
  };
}

export function systemdCalls({ scope, unit }: Pick<ServicePlace, "scope" | "unit">): ServiceCalls {
  const systemctl = (...words: string[]) =>
    ["systemctl", ...(scope === "user" ? ["--user"] : []), ...words] as [string, ...string[]];
  return {
    start: [systemctl("daemon-reload"), systemctl("enable", unit), systemctl("restart", unit)],
    restart: systemctl("restart", unit),
    remove: [systemctl("disable", "--now", unit)],
    forget: [systemctl("daemon-reload")],
    state: systemctl("show", unit, "--property=ActiveState,SubState,UnitFileState,NRestarts,Result"),
  };
}

export const journalCall = ({ scope, unit }: Pick<ServicePlace, "scope" | "unit">, follows: boolean) =>
  ["journalctl", ...(scope === "user" ? ["--user"] : []), `--unit=${unit}`, "--lines=200", ...(follows ? ["--follow"] : [])]; // biome-ignore format: one call

/** The root that a unit is for: the first line of each of ours. */
export const rootInUnit = (text: string): string | undefined => /^# root: (.+)$/m.exec(text)?.[1];

/** Settings that take the rest of their line take it without its outer blanks, and a backslash at its end takes the next line. */
function refuseOddPath(path: string): void {
  if (/[\p{Cc}]|^\s|\s$|\\$/u.test(path)) throw odd(path);
}

const odd = (path: string) =>
  problem({ kind: "path-refused", path: JSON.stringify(path), why: "such a unit can't hold this path" });

const noSpecifier = (text: string) => text.replaceAll("%", "%%");
const quoted = (text: string) => `"${noSpecifier(text).replace(/["\\]/g, "\\$&")}"`;
/** Of a command line: there variables are replaced, too. */
const word = (text: string) => quoted(text).replaceAll("$", "$$$$");

/** Of a list of paths with `from:to:options`, in which versions of systemd do not agree on what a backslash means. */
function bind(path: string): string {
  if (/[:"\\]/.test(path)) throw odd(path);
  return quoted(path);
}
