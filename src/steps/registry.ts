import { existsSync } from "node:fs";
import { problem } from "../core/problem.ts";
import { loadServices } from "../hosts/read-services.ts";
import { servicesFile } from "../hosts/service-names.ts";
import type { Services } from "../hosts/services.ts";
import type { StepContext } from "./step.ts";

/** The registry in `file`, found in the root or its `infra/`; without one the root's own. */
export function registryIn(
  file: string | undefined,
  context: Pick<StepContext, "services" | "root" | "pathInRoot">,
): Services {
  if (file === undefined) return context.services;
  const found = [file, `infra/${file}`].find((path) => existsSync(context.pathInRoot(path)));
  if (found === undefined)
    throw problem({ kind: "configuration", where: file, message: "there is no such file in the repository" });
  return found === servicesFile ? context.services : loadServices(context.root, found);
}
