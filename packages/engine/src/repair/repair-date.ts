import type { DateRepairName } from './repair.ts';

/** What a signed 32-bit time_t holds: servers that keep INTERNALDATE in one refuse the rest (IceWarp gave 30-Dec-1899, 2026-11). */
const EARLIEST = 0;
const LATEST = Date.UTC(2038, 0, 19, 3, 14, 7);

export interface RepairedDate {
  internalDate: number | null;
  what: string;
}

/** False for dates that many servers cannot keep. null is in range: there is nothing to refuse. */
export const dateInRange = (date: number | null): boolean => date === null || (date >= EARLIEST && date <= LATEST);

/** null: nothing to change. */
export function repairDate(date: number | null, name: DateRepairName): RepairedDate | null {
  if (date === null) return null;
  if (name === 'no-date')
    return { internalDate: null, what: `date ${dateText(date)} left out: the server puts in the time of the copy` };
  if (dateInRange(date) || Number.isNaN(date)) return null;
  const internalDate = date < EARLIEST ? EARLIEST : LATEST;
  return { internalDate, what: `date ${dateText(date)} replaced by ${dateText(internalDate)}` };
}

function dateText(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? String(milliseconds) : date.toISOString().replace('.000Z', 'Z');
}
