import type { UidRange } from '@mxodus/model';
import type { SessionLine } from './session-line.ts';
import { readResponseCode } from './untagged.ts';

/** How many windows a range may be cut into for each that would do if the UIDs had no gaps. */
const MOST_GAPS = 4;

/**
 * Sends one command over a range of UIDs, or, where the server limits how many messages a command may touch (RFC 9738), as many as
 * it takes. `command` gets "1:500" or "501:*". `uidNext` and `exists` as far as they are known.
 */
export async function overRange(
  line: SessionLine,
  range: UidRange,
  folder: { uidNext: number | null; exists: number },
  command: (set: string) => Promise<string>,
): Promise<void> {
  const windows = line.messageLimit === null ? [range] : windowsOf(range, folder, line.messageLimit);
  await settled(windows.map((window) => overWindow(window, command)));
}

/** All of them, so that none is left unheard; then the first failure. */
export async function settled(work: readonly Promise<unknown>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason;
}

async function overWindow({ from, to }: UidRange, command: (set: string) => Promise<string>): Promise<void> {
  let below = to;
  for (;;) {
    const { name, argument } = readResponseCode(await command(`${from}:${below ?? '*'}`));
    // "[MESSAGELIMIT 1000 23221]": it went down from the highest UID, and 23221 was the last.
    const lowest = name === 'MESSAGELIMIT' ? Number(argument.split(' ')[1]) : Number.NaN;
    if (!(lowest > from) || (below !== undefined && lowest > below)) return;
    below = lowest - 1;
  }
}

function windowsOf(
  { from, to }: UidRange,
  { uidNext, exists }: { uidNext: number | null; exists: number },
  limit: number,
): UidRange[] {
  const last = Math.min(to ?? Infinity, (uidNext ?? 1) - 1);
  const count = Math.ceil((last - from + 1) / limit);
  if (count <= 1 || count > (Math.ceil(exists / limit) + 1) * MOST_GAPS)
    return [to === undefined ? { from } : { from, to }];
  return Array.from({ length: count }, (_, index) => {
    const start = from + index * limit;
    if (index < count - 1) return { from: start, to: start + limit - 1 };
    return to === undefined ? { from: start } : { from: start, to };
  });
}
