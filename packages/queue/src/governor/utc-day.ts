/** The day of a time, in UTC: `2026-11-22`. */
export const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);

const DAY_MS = 86_400_000;

/** The first moment of the next day, in UTC; milliseconds since the epoch. */
export const nextMidnight = (time: number): number => (Math.floor(time / DAY_MS) + 1) * DAY_MS;
