/** Random choices that a seed repeats. */
export type Random = {
  /** A whole number from 0 up to `limit`, without it. */
  below(limit: number): number;
  chance(probability: number): boolean;
  pick<Item>(items: readonly [Item, ...Item[]]): Item;
  /** What one of them makes. */
  build(makers: readonly [() => string, ...(() => string)[]]): string;
};

/** The mulberry32 generator. */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  const pick: Random["pick"] = (items) => items[below(items.length)] ?? items[0];
  return { below, chance: (probability) => next() < probability, pick, build: (makers) => pick(makers)() };
}
