import type { Told, Watching } from "../../src/api/control.ts";
import { readPosition, writePosition } from "../../src/api/position.ts";
import type { OperationEvent } from "../../src/core/events.ts";

export const known = "op_01ABC";

export function warning(sequence: number, operation = known, message = `${sequence}`): OperationEvent {
  return { type: "warning", key: null, message, operation, sequence, at: 1_700_000_000_000 + sequence };
}

/** Events of one operation and of those within it, in the order they were stored; read from there by each reader. */
export class Journal {
  readonly events: OperationEvent[] = [];
  /** How many were read, by all readers together. */
  read = 0;
  /** How many read now. */
  readers = 0;
  #hasEnded = false;
  #news = Promise.withResolvers<void>();

  add(...events: OperationEvent[]): void {
    this.events.push(...events);
    this.#ring();
  }

  end(): void {
    this.#hasEnded = true;
    this.#ring();
  }

  #ring(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }

  async *follow(id: string, after: number, signal: AbortSignal): AsyncGenerator<OperationEvent> {
    const left = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    this.readers++;
    try {
      let at = 1 + this.events.findIndex(({ operation, sequence }) => operation === id && sequence === after);
      while (!signal.aborted) {
        const event = this.events[at];
        if (event) {
          at++;
          this.read++;
          yield event;
        } else if (this.#hasEnded) return;
        else await Promise.race([this.#news.promise, left]);
      }
    } finally {
      this.readers--;
    }
  }

  async *watch(id: string, { after = "0", signal = new AbortController().signal }: Watching): AsyncGenerator<Told> {
    const position = readPosition(after, id);
    for await (const event of this.follow(id, position.sequence, signal)) {
      const { operation, sequence } = event;
      if (sequence <= (position.nested.get(operation) ?? 0)) continue;
      if (operation === id) position.sequence = sequence;
      else position.nested.set(operation, sequence);
      yield { event, position: writePosition(position, id) };
    }
  }
}
