import type { Places } from "../core/config.ts";
import type { Masker } from "../core/redact.ts";
import { secretsOf } from "../engine/parameter-secrets.ts";
import type { History } from "../queue/history.ts";
import type { OperationRow } from "../queue/rows.ts";
import type { Masks } from "./printing.ts";
import { maskerFor } from "./shown-secrets.ts";

/** For one reader: what an operation and those around it have for secrets, and what they learn meanwhile. */
export function openMasks(places: Places, history: History, env: Readonly<Record<string, string>>): Masks {
  const maskers = new Map<string, Masker>();
  const learned = new Set<string>();
  const lineage = (id: string): OperationRow[] => {
    const row = history.operation(id);
    return row.parent === null ? [row] : [...lineage(row.parent), row];
  };
  const open = (operation: string) => {
    const masker = maskerFor(places, lineage(operation), { env, platform: process.platform });
    for (const secret of learned) masker.add(secret);
    maskers.set(operation, masker);
    return masker;
  };
  return {
    of: (operation) => maskers.get(operation) ?? open(operation),
    learn(operation) {
      for (const secret of secretsOf(places.data, operation) ?? []) {
        if (learned.has(secret)) continue;
        learned.add(secret);
        for (const masker of maskers.values()) masker.add(secret);
      }
    },
  };
}
