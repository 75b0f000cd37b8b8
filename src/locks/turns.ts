/** One at a time for each name, in the order of asking; several names at once without ever waiting in a circle. */
export type Turns = { take<T>(names: readonly string[], work: () => Promise<T>): Promise<T> };

export function openTurns(): Turns {
  const last = new Map<string, Promise<unknown>>();
  return {
    take(names, work) {
      const before = names.map((name) => last.get(name));
      const mine = Promise.allSettled(before.map((each) => each ?? Promise.resolve())).then(work);
      for (const name of names) last.set(name, mine);
      const forget = () => {
        for (const name of names) if (last.get(name) === mine) last.delete(name);
      };
      mine.then(forget, forget);
      return mine;
    },
  };
}
