import type { CutoverConfig } from '@mxodus/model';
import { timestamp, wholeSeconds } from '../output/figures.ts';

export interface Clock {
  /** Its zone is the one people think in. */
  window: CutoverConfig['window'];
  now: () => Date;
}

/** "2026-12-05T21:06:00Z (2026-12-05 22:06:00 in Europe/Berlin, in 1 h 05 min)". */
export function untilText(until: string, { window, now }: Clock): string {
  const instant = Temporal.Instant.from(until);
  const zone = window === 'now' ? Intl.DateTimeFormat().resolvedOptions().timeZone : window.zone;
  const local = instant.toZonedDateTimeISO(zone);
  const left = instant.epochMilliseconds - now().getTime();
  const parts = [
    ...(zone === 'UTC'
      ? []
      : [`${local.toPlainDate()} ${local.toPlainTime().toString({ smallestUnit: 'second' })} in ${zone}`]),
    ...(left > 0 ? [`in ${wholeSeconds(left)}`] : []),
  ];
  return `${timestamp(new Date(until))}${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`;
}
