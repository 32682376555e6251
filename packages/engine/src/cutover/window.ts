import { type CutoverConfig, MxodusError } from '@mxodus/model';

/** When the window opens, in milliseconds since the epoch; null: it is always open. Throws CONFIG_INVALID on a time that is not one. */
export function windowOpensAt(window: CutoverConfig['window']): number | null {
  if (window === 'now') return null;
  const local = readLocal(window);
  try {
    return local.toZonedDateTime(window.zone, { disambiguation: 'reject' }).epochMilliseconds;
  } catch (cause) {
    throw new MxodusError('CONFIG_INVALID', {
      what: `cutover.window: ${window.start} does not name one moment in ${window.zone}`,
      why: 'the clocks are changed in that hour: it happens twice, or not at all',
      advice: 'choose an hour in which the clocks are not changed',
      cause,
    });
  }
}

function readLocal({ start, zone }: Exclude<CutoverConfig['window'], 'now'>): Temporal.PlainDateTime {
  try {
    const local = Temporal.PlainDateTime.from(start);
    local.toZonedDateTime(zone);
    return local;
  } catch (cause) {
    throw new MxodusError('CONFIG_INVALID', {
      what: `cutover.window: "${start}" in "${zone}" is not a time`,
      why: cause instanceof Error ? cause.message : String(cause),
      advice: 'write a local time and a time zone of the IANA list: { start: 2026-12-05T20:00, zone: Europe/London }',
      cause,
    });
  }
}
