import { safeAt, windowOpensAt } from '@mxodus/engine';
import { type CutoverConfig, MxodusError } from '@mxodus/model';

/** The moments notices speak of, in milliseconds since the epoch. */
export interface NoticeTimes {
  /** IANA name: every time is written in it, and in UTC. */
  zone: string;
  switchAt: number;
  /** The switch has been made. */
  isSwitched: boolean;
  /** From then on every cache that keeps to the rules knows the new servers. */
  calmAt: number;
  /** Not before then are the old servers closed. */
  closesAt: number;
}

const DAY_MS = 86_400_000;

/**
 * When the switch was made, or when the window opens. Throws CONFIG_INVALID where nothing tells: the window is `now` and nothing was
 * switched.
 *
 * @param ttls of the records the switch replaces, seconds
 */
export function noticeTimes(of: {
  settings: CutoverConfig;
  ttls: readonly number[];
  switchedAt: number | null;
}): NoticeTimes {
  const { settings, ttls, switchedAt } = of;
  const { window, ttl, resolver_floor: floorMs, slack: slackMs, drain } = settings;
  const switchAt = switchedAt ?? windowOpensAt(window);
  if (switchAt === null) {
    throw new MxodusError('CONFIG_INVALID', {
      what: 'the notices need a time, and `cutover.window` is `now`',
      why: 'people are told a week, a day and an hour before',
      advice: 'write when the switch may happen: cutover: { window: { start: 2026-12-05T20:00, zone: Europe/London } }',
    });
  }
  const lowered = ttls.map((before) => Math.min(before, ttl));
  return {
    zone: window === 'now' ? Intl.DateTimeFormat().resolvedOptions().timeZone : window.zone,
    switchAt,
    isSwitched: switchedAt !== null,
    calmAt: safeAt({ servedAt: switchAt, ttls: lowered, floorMs, slackMs }).safeAt,
    closesAt: switchAt + Math.max(drain.at_least, drain.quiet),
  };
}

export const before = (time: number, { days = 0, hours = 0 }: { days?: number; hours?: number }): number =>
  time - days * DAY_MS - hours * (DAY_MS / 24);

/** "Saturday, 5 December 2026, 20:00 (Europe/Berlin, UTC+01:00; 19:00 UTC)". */
export function fullTime(time: number, zone: string): string {
  const local = Temporal.Instant.fromEpochMilliseconds(time).toZonedDateTimeISO(zone);
  const day = dayText(time, zone);
  if (local.offsetNanoseconds === 0) return `${day}, ${clock(local)} UTC`;
  const utc = local.withTimeZone('UTC');
  const utcDay = utc.toPlainDate().equals(local.toPlainDate()) ? '' : `${utc.toPlainDate()} `;
  return `${day}, ${clock(local)} (${zone}, UTC${local.offset}; ${utcDay}${clock(utc)} UTC)`;
}

/** "Saturday, 5 December 2026". */
export function dayText(time: number, zone: string): string {
  const words = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' } as const;
  const parts = new Intl.DateTimeFormat('en-GB', { ...words, timeZone: zone }).formatToParts(time);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('weekday')}, ${part('day')} ${part('month')} ${part('year')}`;
}

const clock = (time: Temporal.ZonedDateTime): string => time.toPlainTime().toString({ smallestUnit: 'minute' });
