import type { Random } from '../random.ts';

/** A moment of the years 2012 to 2024, RFC 3339, whole seconds. */
export const drawDate = (random: Random): string =>
  `${new Date(Date.UTC(2012, 0, 1) + random.below(4e8) * 1000).toISOString().slice(0, 19)}Z`;

const FLAGS = ['\\Seen', '\\Answered', '\\Flagged', '\\Draft', 'Work', '$Label1'];

export function drawFlag(random: Random, options: { deletedFlag: boolean; mild: string | null }): string {
  if (options.mild !== null) return options.mild;
  return random.pick(options.deletedFlag ? [...FLAGS, '\\Deleted'] : FLAGS);
}

export function drawFlags(random: Random, options: { deletedFlag: boolean }): string[] {
  const count = random.weighted({ 0: 3, 1: 4, 2: 2 });
  const flags = Array.from({ length: Number(count) }, () => drawFlag(random, { ...options, mild: null }));
  return [...new Set(flags)];
}

/** Adds the flag where it is not set, and takes it away where it is. */
export function toggle(flags: ReadonlySet<string>, flag: string) {
  const has = flags.has(flag);
  return { add: has ? [] : [flag], remove: has ? [flag] : [] };
}
