/** A stream of numbers that depends on its seed only. */
export interface Random {
  /** A whole number, 0 <= x < limit. */
  below(limit: number): number;
  /** A whole number, from <= x <= to. */
  between(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** Picks a key by weight. */
  weighted<T extends string>(weights: Weights<T>): T;
}

/** Left out: 0. */
export type Weights<T extends string> = Readonly<Partial<Record<T, number>>>;

/** mulberry32, seeded by FNV-1a of the text. */
export function createRandom(seed: string): Random {
  let state = 0x811c9dc5;
  for (const byte of Buffer.from(seed)) state = Math.imul(state ^ byte, 0x01000193);
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  const pick = <T>(items: readonly T[]): T => {
    const item = items[below(items.length)];
    if (item === undefined) throw new Error('Nothing to pick from.');
    return item;
  };
  return {
    below,
    between: (from, to) => from + below(to - from + 1),
    chance: (probability) => next() < probability,
    pick,
    weighted: <T extends string>(weights: Weights<T>): T => {
      const keys = Object.keys(weights) as T[];
      let left = next() * keys.reduce((sum, key) => sum + (weights[key] ?? 0), 0);
      const found = keys.find((key) => {
        left -= weights[key] ?? 0;
        return left < 0;
      });
      return found ?? pick(keys);
    },
  };
}
