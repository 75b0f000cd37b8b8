export type Notification = {
  channel: string;
  priority: "low" | "normal" | "high";
  title?: string;
  message: string;
  /** Stable: a notification delivered twice can be told. */
  id: string;
  operation: string;
};

/** Delivers notifications. What can't be delivered is kept and tried again; it never throws. */
export type Notifier = {
  send(notification: Notification): Promise<"sent" | "pending">;
  /** Names of the channels configured here; others go to `log`. */
  channels(): string[];
  /** Tries again what is still owed, oldest first. Returns how many stay pending. */
  deliverPending(): Promise<number>;
};
