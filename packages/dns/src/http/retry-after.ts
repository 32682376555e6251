/** RFC 9110 section 10.2.3: seconds, or a date. Milliseconds from `now`; null: not said, or not understood. */
export function retryAfterMs(headers: Readonly<Record<string, string>>, now: number): number | null {
  const said = headers['retry-after'];
  if (said === undefined || said.trim() === '') return null;
  const seconds = Number(said);
  const wait = Number.isNaN(seconds) ? Date.parse(said) - now : seconds * 1000;
  return Number.isNaN(wait) ? null : Math.max(0, wait);
}
