import type { RefusalReason } from '@mxodus/model';
import {
  type AppliedBody,
  applyBodyRepairs,
  type BodyRepairSet,
  bodyRepairSets,
  withBodyRepairs,
} from './body-repairs.ts';
import { wantedBodyRepairs } from './refusal-words.ts';
import type { BodyRepairName, DateRepairName, FlagRepairName, Repair, Repairable, RepairName } from './repair.ts';
import { dateInRange, repairDate } from './repair-date.ts';
import { repairFlags } from './repair-flags.ts';

const FLAG_REPAIRS: readonly FlagRepairName[] = ['named-flags', 'keywords', 'system-flags-only'];
const DATE_REPAIRS: readonly DateRepairName[] = ['date-in-range', 'no-date'];
const NO_BODY_REPAIRS: BodyRepairSet = new Set();

export interface Refusal {
  reason: RefusalReason;
  /** The server's words. */
  response: string;
}

/** One thing to send: at most one change of the flags and one of the date, and changes of the body. */
interface Attempt {
  name: RepairName;
  flags: FlagRepairName | null;
  date: DateRepairName | null;
  body: BodyRepairSet;
}

/**
 * The messages to send in place of one that was refused, the least changed first. Give it the message as the source has it, and go
 * down the list until one is stored: a later one keeps the changes the server's words asked for.
 *
 *   reason     first                         then
 *   flags      leave flags out               a date out of range, the body, all at once
 *   date       a date in range, none at all  flags, the body, all at once
 *   content    what the words name           the rest of the body
 *   other      what the words name           flags, a date out of range, the rest of the body, all at once
 *   the rest   nothing: no change of the message helps
 *
 * The order inside the body: final line end · line ends · NUL · mbox line · header lines · 8-bit header · long lines.
 *
 * @param limits.appendLimit bytes (RFC 7889): a message that is larger, repaired or not, is not worth sending
 */
export function repairsFor(
  message: Repairable,
  { reason, response }: Refusal,
  { appendLimit }: { appendLimit: number | null },
): Repair[] {
  const fits = ({ length }: Buffer): boolean => appendLimit === null || length <= appendLimit;
  const planned = attempts(message, reason, wantedBodyRepairs(response));
  const applied = new Map<BodyRepairSet, Omit<AppliedBody, 'body'>>();
  const sets = [...new Set(planned.map(({ body }) => body))];
  for (const { body, names, what, sets: same } of applyBodyRepairs(message.body, sets))
    if (fits(body)) for (const set of same) applied.set(set, { names, what });

  const repairs = new Map<string, Repair>();
  for (const attempt of planned) {
    const body = applied.get(attempt.body);
    if (body === undefined) continue;
    const flags = attempt.flags === null ? null : repairFlags(message.flags, attempt.flags, response);
    const date = attempt.date === null ? null : repairDate(message.internalDate, attempt.date);
    const changes = [...(flags === null ? [] : [flags.what]), ...(date === null ? [] : [date.what]), ...body.what];
    const what = changes.join('; ');
    if (what === '' || repairs.has(what)) continue;
    repairs.set(what, {
      name: attempt.name,
      flags: flags?.flags ?? message.flags,
      internalDate: date === null ? message.internalDate : date.internalDate,
      get body() {
        return withBodyRepairs(message.body, body.names);
      },
      what,
      why: `the destination refused it as it was: ${response}`,
    });
  }
  return [...repairs.values()];
}

function attempts(message: Repairable, reason: RefusalReason, wanted: readonly BodyRepairName[]): Attempt[] {
  const sets = bodyRepairSets(wanted);
  const dates = reason === 'date' || !dateInRange(message.internalDate) ? DATE_REPAIRS : [];
  const inFlags = (base: Omit<Attempt, 'name' | 'flags'>): Attempt[] =>
    FLAG_REPAIRS.map((flags) => ({ ...base, name: flags, flags }));
  const inDate = (base: Omit<Attempt, 'name' | 'date'>): Attempt[] =>
    dates.map((date) => ({ ...base, name: date, date }));
  const inBody = (base: Omit<Attempt, 'name' | 'body'>): Attempt[] =>
    sets.map(({ adds, set }) => ({ ...base, name: adds, body: set }));
  const everything: Attempt = {
    name: 'everything',
    flags: 'system-flags-only',
    date: dates.at(-1) ?? null,
    body: sets.at(-1)?.set ?? NO_BODY_REPAIRS,
  };
  switch (reason) {
    case 'flags': {
      const needed = { flags: 'system-flags-only', date: null, body: NO_BODY_REPAIRS } as const;
      return [...inFlags(needed), ...inDate(needed), ...inBody(needed), everything];
    }
    case 'date': {
      const needed = { flags: null, date: 'no-date', body: NO_BODY_REPAIRS } as const;
      return [...inDate(needed), ...inFlags(needed), ...inBody(needed), everything];
    }
    case 'content':
      return inBody({ flags: null, date: null });
    case 'other': {
      const needed = { flags: null, date: null, body: sets[wanted.length - 1]?.set ?? NO_BODY_REPAIRS };
      const named = inBody(needed).slice(0, wanted.length);
      return [...named, ...inFlags(needed), ...inDate(needed), ...inBody(needed).slice(wanted.length), everything];
    }
    case 'too-large':
    case 'quota':
    case 'zero-bytes':
    case 'no-folder':
    case 'busy':
      return [];
  }
}
