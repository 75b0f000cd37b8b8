import type { OperationEvent } from "../core/events.ts";

/** Someone who watches an operation on the screen. */
export type View = {
  event(event: OperationEvent): void;
  /** One line that a step printed. */
  line(operation: string, key: string, text: string): void;
  /** Resolves when the screen has taken every line. */
  drained(): Promise<void>;
  /** A line of garza's own: what it waits for, that it cancels. */
  note(text: string): void;
  /** Leaves the screen alone while a person is asked. */
  paused<T>(question: () => Promise<T>): Promise<T>;
  /** Leaves the screen as a plain terminal would have it. */
  close(): void;
};
