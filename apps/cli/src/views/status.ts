import type { EventOf } from '@mxodus/model';
import type { LeaseHolder } from '@mxodus/queue';
import { cutMiddle, table } from '../output/columns.ts';
import { count, counted, minuteOf, percent, wholeSeconds } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import { type MailboxStanding, totalsOf } from './mailbox-standing.ts';

export interface StatusView {
  project: string;
  standings: readonly MailboxStanding[];
  holder: LeaseHolder | null;
  /** State of the cutover; null: it has not begun. */
  cutover: string | null;
  now: Date;
  width: number;
}

export function statusText(view: StatusView, style: Style): string {
  const { project, standings, holder, cutover } = view;
  const { moved, source_messages: due, lag, not_moved: notMoved, in_doubt: inDoubt } = totalsOf(standings);
  const lines = [
    `${style.bold(`${project}:`)} ${count(moved)} of ${counted(due, 'message')} of ${counted(standings.length, 'mailbox')}` +
      ` are at the destination (${percent(moved, due)}).`,
    `  to come ${count(lag)} | not moved ${count(notMoved)} | in doubt ${count(inDoubt)}`,
  ];
  if (holder !== null)
    lines.push(`  running   ${holder.command} (process ${holder.pid}, since ${minuteOf(new Date(holder.since))})`);
  if (cutover !== null) lines.push(`  cutover   ${cutover}`);
  return [...lines, '', ...mailboxTable(view, style)].join('\n');
}

function mailboxTable({ standings, now, width }: StatusView, style: Style): string[] {
  const nameWidth = Math.max(20, Math.min(40, width - 80));
  const head = ['mailbox', 'phase', 'moved / total', 'to come', 'not moved', 'in doubt', 'last complete pass'];
  const rows = standings.map((standing) => [
    cutMiddle(standing.mailbox, nameWidth),
    standing.phase,
    `${count(standing.moved)} / ${count(standing.source_messages)}`,
    count(standing.lag),
    standing.not_moved > 0 ? style.warn(count(standing.not_moved)) : '0',
    standing.in_doubt > 0 ? style.warn(count(standing.in_doubt)) : '0',
    `${lastPass(standing, { now, width })}${health(standing, style)}`,
  ]);
  return table([head.map(style.dim), ...rows], [2, 3, 4, 5]).map((line) => `  ${line}`);
}

/** With the time itself where there is room for it. */
function lastPass(standing: MailboxStanding, { now, width }: Pick<StatusView, 'now' | 'width'>): string {
  const { last_complete_pass: last, running_since: running } = standing;
  if (running !== null) return `running for ${wholeSeconds(now.getTime() - new Date(running).getTime())}`;
  if (last === null) return 'never';
  const ago = `${wholeSeconds(now.getTime() - new Date(last).getTime())} ago`;
  return width < 120 ? ago : `${minuteOf(new Date(last))}, ${ago}`;
}

function health({ health: state, error }: MailboxStanding, style: Style): string {
  switch (state) {
    case 'ok':
      return error === null ? '' : `  ${error}`;
    case 'waiting':
      return `  ${style.warn(`waiting: ${error}`)}`;
    case 'needs you':
      return `  ${style.warn(error === null ? 'needs you' : `needs you: ${error}`)}`;
    case 'failed':
      return `  ${style.bad(`failed: ${error}`)}`;
  }
}

export function statusEvent({ buckets: _, excluded: __, ...standing }: MailboxStanding): EventOf<'mailbox_status'> {
  return { type: 'mailbox_status', ...standing };
}
