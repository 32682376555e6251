import { readFile } from 'node:fs/promises';

/** proc(5): hundredths of a second on every machine Debian runs on. */
const TICKS_PER_SECOND = 100;
/** Of the numbers after `cpu`. */
const STEAL = 7;

/** Seconds of all cores that others on the same host had, while this machine wanted them, since it was started. */
export async function stolenSeconds(): Promise<number> {
  const [all = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
  return Number(all.trim().split(/\s+/)[STEAL + 1] ?? 0) / TICKS_PER_SECOND;
}
