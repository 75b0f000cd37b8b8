/** What the routes stand on. */
import type { Clock } from "../core/clock.ts";
import type { AgentNote, Control } from "./control.ts";
import type { Reader } from "./reader.ts";
import type { Turns } from "./turns.ts";

export type Served = {
  control: Control;
  reader: Reader;
  note: AgentNote;
  clock: Clock;
  /** Called for anything thrown that is no problem; the caller learns only that it was a bug. */
  onBug: (thrown: unknown) => void;
  turns: Turns;
  /** What ends each event stream that is open. */
  streams: Set<() => void>;
};
