/** The files of a service: all of them are there afterwards, or none that was not there before. */
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ServicePlace } from "../../agent/service/service.ts";
import { prepareData } from "../../core/data-folder.ts";
import { statOf, translate, writeAtomically } from "../../core/files.ts";
import type { Env } from "../../core/places.ts";
import { agentEnvFile, agentEnvText, writeAgentEnv } from "./agent-env.ts";
import type { InstallPlan } from "./plan-install.ts";
import { removeDataHome, removeUnitFolders } from "./remove-empty.ts";

/** Resolves to what was done, in words. Throws `storage-full`, `input-output`, and what is wrong with the data folder. */
export async function writeFiles(plan: InstallPlan, env: Env): Promise<string[]> {
  const { service, request, owner } = plan;
  const { data } = request;
  const takeBack = takingBack(service, data, env);
  try {
    makeData(plan);
    const isNew = writeAgentEnv(data, agentEnvText(env, owner, process.getuid?.() === owner.uid), owner);
    await writeAtomically(service.file, service.text);
    const file = agentEnvFile(data);
    return [isNew ? `wrote ${file}` : `kept ${file} as it is`, `wrote ${service.file}`];
  } catch (thrown) {
    takeBack();
    throw thrown;
  }
}

/** The agent itself, as its owner, fills it. */
function makeData({ service, request: { root, data }, owner }: InstallPlan): void {
  if (service.scope === "user") {
    prepareData({ root, data });
    return;
  }
  try {
    mkdirSync(dirname(data), { recursive: true, mode: 0o755 });
    mkdirSync(data, { recursive: true, mode: 0o700 });
    chmodSync(data, 0o700);
    chownSync(data, owner.uid, owner.gid);
  } catch (cause) {
    throw translate(cause, data);
  }
}

/** What was there before stays: each file is replaced as a whole. */
function takingBack(service: ServicePlace, data: string, env: Env): () => void {
  const isEmpty = !statOf(data) || readdirSync(data).length === 0;
  const [hadFolder, hadEnv, hadUnit] = [data, agentEnvFile(data), service.file].map(
    (path) => statOf(path) !== undefined,
  );
  return () => {
    if (!hadUnit) rmSync(service.file, { force: true });
    removeUnitFolders(service);
    if (!hadEnv) rmSync(agentEnvFile(data), { force: true });
    if (!isEmpty) return;
    if (hadFolder) {
      for (const name of readdirSync(data)) rmSync(join(data, name));
      return;
    }
    rmSync(data, { recursive: true, force: true });
    removeDataHome(data, env);
  };
}
