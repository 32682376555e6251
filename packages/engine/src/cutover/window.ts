import { type CutoverConfig, MxodusError } from '@mxodus/model';

type Window = CutoverConfig['window'];

/** When the window opens, in milliseconds since the epoch; null: it is always open. Throws CONFIG_INVALID on a time that is not one. */
export function windowOpensAt(window: Window): number | null {
  return window === 'now' ? null : momentOf(window.start, window.zone);
}

/** When it closes; null: it stays open. Throws as `windowOpensAt` does. */
export function windowClosesAt(window: Window): number | null {
  return window === 'now' || window.end === undefined ? null : momentOf(window.end, window.zone);
}

function momentOf(text: string, zone: string): number {
  const local = readLocal(text, zone);
  try {
    return local.toZonedDateTime(zone, { disambiguation: 'reject' }).epochMilliseconds;
  } catch (cause) {
    throw new MxodusError('CONFIG_INVALID', {
      what: `cutover.window: ${text} does not name one moment in ${zone}`,
      why: 'the clocks are changed in that hour: it happens twice, or not at all',
      advice: 'choose an hour in which the clocks are not changed',
      cause,
    });
  }
}

function readLocal(text: string, zone: string): Temporal.PlainDateTime {
  try {
    const local = Temporal.PlainDateTime.from(text);
    local.toZonedDateTime(zone);
    return local;
  } catch (cause) {
    throw new MxodusError('CONFIG_INVALID', {
      what: `cutover.window: "${text}" in "${zone}" is not a time`,
      why: cause instanceof Error ? cause.message : String(cause),
      advice: 'write a local time and a time zone of the IANA list: { start: 2026-12-05T20:00, zone: Europe/London }',
      cause,
    });
  }
}
