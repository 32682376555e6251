import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `condition` is true. Throws, naming `what`, when that takes longer than `withinMs` (default 30 s). */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Not within ${withinMs} ms: ${what}.`);
    await sleep(20);
  }
}
