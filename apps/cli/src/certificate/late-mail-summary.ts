import { LATE_CAUSES, type LateMail } from '@mxodus/model';
import type { LateMailSummary } from './certificate-schema.ts';

/** Causes that name a machine somebody has to set right; the other ones go away by themselves. */
const OF_MACHINES: ReadonlySet<LateMail['cause']> = new Set(['sticky', 'backup-mx', 'hard-coded', 'local']);

/** What the late-mail ledger says, by cause, and who has to do something about it. Most messages first. */
export function summariseLateMail(rows: readonly LateMail[]): LateMailSummary {
  const of = (cause: LateMail['cause']): number => rows.filter((row) => row.cause === cause).length;
  return {
    fetched: rows.length,
    by_cause: LATE_CAUSES.map((cause) => ({ cause, messages: of(cause) }))
      .filter(({ messages }) => messages > 0)
      .toSorted((a, b) => b.messages - a.messages),
    last_at: lastOf(rows),
    stale_clients: grouped(
      rows.filter(({ cause }) => cause === 'stale-client'),
      ({ mailbox }) => mailbox,
    ).map((group) => ({ mailbox: group[0].mailbox, messages: group.length, last_at: lastOf(group) })),
    machines: grouped(
      rows.filter(({ cause }) => OF_MACHINES.has(cause)),
      ({ cause, path }) => `${cause} ${path.at(-1) ?? ''}`,
    ).map((group) => ({
      host: group[0].path.at(-1) ?? '',
      cause: group[0].cause,
      senders: [...new Set(group.map(({ sender }) => sender))].filter((sender) => sender !== '').toSorted(),
      messages: group.length,
      last_at: lastOf(group),
    })),
  };
}

type Group = [LateMail, ...LateMail[]];

function grouped(rows: readonly LateMail[], keyOf: (row: LateMail) => string): Group[] {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const group = groups.get(keyOf(row));
    if (group === undefined) groups.set(keyOf(row), [row]);
    else group.push(row);
  }
  return [...groups.values()].toSorted((a, b) => b.length - a.length);
}

function lastOf(rows: readonly LateMail[]): string | null {
  const times = rows.flatMap(({ received }) => (received === null ? [] : [Date.parse(received)]));
  return times.length === 0 ? null : new Date(Math.max(...times)).toISOString();
}
