/** A dry run beside whoever owns the data folder: it takes no lock and writes nothing. */

import { join } from "node:path";
import { loadSettings } from "../core/settings.ts";
import { haveForgotten } from "../engine/far/forget-far.ts";
import { type Plan, type PlanRequest, plan } from "../engine/plan/plan.ts";
import { openLegacy } from "../locks/legacy.ts";
import { lockReader } from "../locks/lock-reader.ts";
import { remoteOf } from "../locks/lock-remote.ts";
import { openReadOnly } from "../store/store.ts";
import type { TemplateSource } from "../template/library.ts";
import { readOnlyWorld, type Surrounding } from "./world.ts";

export type { Plan, PlanStep } from "../engine/plan/plan.ts";

/** Throws `template-…`, `parameters`. */
export async function planOperation(
  surrounding: Surrounding,
  request: Omit<PlanRequest, "source"> & { template: string | TemplateSource },
): Promise<Plan> {
  const { template, ...rest } = request;
  const db = openReadOnly(join(surrounding.places.data, "garza.db"));
  try {
    const { places, env } = surrounding;
    const settings = loadSettings(places, env);
    const { root } = places;
    const open = remoteOf({ root, settings, sockets: join(places.data, "ssh"), env });
    const remote = async () => {
      const store = await open();
      return store && { store, legacy: openLegacy({ store, root, settings }) };
    };
    // Only who asks for checks wants to wait for the network.
    const world = readOnlyWorld(surrounding, lockReader(db, rest.check ? remote : undefined), { db, settings });
    const source = typeof template === "string" ? world.library.find(template) : template;
    const planned = await plan(world, { ...rest, source });
    await haveForgotten(world.connections);
    await world.connections.close();
    return planned;
  } finally {
    db?.close();
  }
}
