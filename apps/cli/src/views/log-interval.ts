/** How often a log line is due: often at first, when somebody watches; later seldom, when it is for the record. Milliseconds. */
export function logInterval(runningMs: number): number {
  if (runningMs < 60_000) return 5000;
  if (runningMs < 180_000) return 10_000;
  return 30_000;
}
