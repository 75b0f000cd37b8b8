/** Notifications on their way out: what could not be delivered is owed, in the database, until it is. */
import type { Clock } from "../core/clock.ts";
import { messageOf } from "../core/problem.ts";
import type { Bindings, Store } from "../store/store.ts";
import type { Channel } from "./channel.ts";
import { channels } from "./index.ts";
import type { Notification, Notifier } from "./notifier.ts";
import oweSql from "./owe.sql" with { type: "text" };
import pendingSql from "./pending.sql" with { type: "text" };
import settleSql from "./settle.sql" with { type: "text" };

export type NotifierRequest = {
  store: Store;
  clock: Clock;
  /** The file of the `log` channel, absolute. */
  log: string;
  /** Hears what goes to `log`. */
  listen?: (notification: Notification) => void;
};

export function openNotifier({ store, clock, log, listen = () => {} }: NotifierRequest): Notifier {
  const open = new Map<string, Channel>(
    Object.entries(channels).map(([name, openChannel]) => [name, openChannel({ clock, log, listen })]),
  );
  /** Null: delivered. Otherwise why not. */
  const deliver = async (notification: Notification): Promise<string | null> => {
    const channel = open.get(notification.channel) ?? open.get("log");
    return channel ? failureOf(channel(notification)) : "there is no channel";
  };

  return {
    async send(notification) {
      const error = await deliver(notification);
      if (error === null) return "sent";
      const { id, operation } = notification;
      const owed = { id, operation, body: JSON.stringify(notification), now: clock.now(), error };
      // A store that can't be written fails the record of the sending step as well, which is awaited next.
      await failureOf(store.write((db) => db.query<never, Bindings>(oweSql).run(owed)));
      return "pending";
    },

    channels: () => [...open.keys()],

    async deliverPending() {
      const rows = store.read.query<{ id: string; body: string }, []>(pendingSql).all();
      let pending = 0;
      for (const { id, body } of rows) {
        const error = await deliver(JSON.parse(body) as Notification);
        if (error !== null) pending++;
        const done_at = error === null ? clock.now() : null;
        await store.write((db) => db.query<never, Bindings>(settleSql).run({ id, error, done_at }));
      }
      return pending;
    },
  };
}

const failureOf = (attempt: Promise<unknown>): Promise<string | null> =>
  attempt.then(
    () => null,
    (thrown: unknown) => messageOf(thrown),
  );
