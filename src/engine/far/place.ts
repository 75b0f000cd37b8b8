/** What is known of the machines that were asked already. */
import { type Connection, type Connections, Lost, NotSent } from "../../hosts/connection.ts";
import { NotUnderstood } from "../../hosts/far/ask.ts";
import { type FarPlace, greet } from "../../hosts/far/far-process.ts";
import type { RunningFar } from "./running-far.ts";

const known = new WeakMap<Connections, Map<string, FarPlace>>();

type Where = Pick<RunningFar, "connections" | "host" | "user">;

const keyOf = ({ host, user = "" }: Where) => `${user}@${host} `;

/** Undefined: there is no POSIX shell. Throws `NotSent` while it can't be asked. */
export async function placeOf(
  where: Where & Pick<RunningFar, "signal">,
  connection: Connection,
): Promise<FarPlace | undefined> {
  const places = known.get(where.connections) ?? new Map<string, FarPlace>();
  known.set(where.connections, places);
  const key = `${keyOf(where)}${connection.route}`;
  try {
    const place = places.get(key) ?? (await greet(connection, { quits: where.signal }));
    // A place that has no room now may have some later.
    if (place.room) places.set(key, place);
    return place;
  } catch (thrown) {
    if (thrown instanceof NotUnderstood) return undefined;
    // It only looked.
    throw thrown instanceof Lost ? new NotSent(thrown.message, { cause: thrown }) : thrown;
  }
}

/** It may have been started anew, or another route lead to it now. */
export function forgetPlaces(where: Where): void {
  const places = known.get(where.connections);
  for (const key of places?.keys() ?? []) if (key.startsWith(keyOf(where))) places?.delete(key);
}
