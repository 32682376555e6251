import type { AlterationRow, FolderRow, NotMovedRow, Plan } from '@mxodus/model';
import { cutMiddle, table } from '../output/columns.ts';
import { count, counted, minuteOf, percent } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import { type MailboxStanding, totalsOf } from './mailbox-standing.ts';
import { NotMovedGroups } from './not-moved-groups.ts';

/** What a report tells, in text and as a page. */
export interface Report {
  plan: Plan;
  standings: readonly MailboxStanding[];
  folders: readonly FolderRow[];
  alterations: readonly AlterationRow[];
  notMoved: readonly NotMovedRow[];
  cutover: { state: string; entries: readonly { time: string; text: string }[] } | null;
  now: Date;
}

export interface Verdict {
  kind: 'complete' | 'incomplete' | 'not-begun';
  head: string;
  text: string;
}

export function verdictOf({ standings }: Report): Verdict {
  const totals = totalsOf(standings);
  const whose = counted(standings.length, 'mailbox');
  const incomplete = standings.filter(({ last_complete_pass: last }) => last === null).length;
  if (standings.every(({ phase }) => phase === 'planned')) {
    return {
      kind: 'not-begun',
      head: 'NOT BEGUN:',
      text: `${counted(totals.source_messages, 'message')} of ${whose} are planned; none was moved yet.`,
    };
  }
  const parts = [
    ...(totals.lag > 0 ? [`${count(totals.lag)} to come`] : []),
    ...(totals.not_moved > 0 ? [`${count(totals.not_moved)} not moved`] : []),
    ...(totals.in_doubt > 0 ? [`${count(totals.in_doubt)} in doubt`] : []),
    ...(incomplete > 0 ? [`${counted(incomplete, 'mailbox')} without a complete pass`] : []),
  ];
  if (parts.length === 0) {
    return {
      kind: 'complete',
      head: 'COMPLETE:',
      text: `all ${counted(totals.moved, 'message')} of ${whose} are at the destination.`,
    };
  }
  return {
    kind: 'incomplete',
    head: 'NOT COMPLETE:',
    text: `${count(totals.moved)} of ${counted(totals.source_messages, 'message')} of ${whose} are at the destination: ${parts.join(', ')}.`,
  };
}

export function reportText(report: Report, width: number, style: Style): string {
  const verdict = verdictOf(report);
  const head = style.bold(verdict.head);
  const mark = verdict.kind === 'complete' ? style.good(head) : style.warn(head);
  return [
    `${mark} ${verdict.text}`,
    ...(report.cutover === null ? [] : [`  cutover   ${report.cutover.state}`]),
    '',
    ...mailboxLines(report, width, style),
    ...section('Not moved', groupNotMoved(report.notMoved).lines(style), style),
    ...section('Altered', alterationLines(report, style), style),
  ].join('\n');
}

/** Of each mailbox where its source messages are: the numbers of a row add up to the first one. */
function mailboxLines({ standings }: Report, width: number, style: Style): string[] {
  const head = ['mailbox', 'source', 'moved', '', 'to come', 'not moved', 'in doubt', 'excluded', 'last complete pass'];
  const rows = standings.map((standing) => {
    return [
      cutMiddle(standing.mailbox, Math.max(20, Math.min(40, width - 85))),
      count(standing.source_messages + standing.excluded),
      count(standing.moved),
      percent(standing.moved, standing.source_messages),
      count(standing.lag),
      count(standing.not_moved),
      count(standing.in_doubt),
      count(standing.excluded),
      standing.last_complete_pass === null ? 'never' : minuteOf(new Date(standing.last_complete_pass)),
    ];
  });
  return table([head.map(style.dim), ...rows], [1, 2, 3, 4, 5, 6, 7]).map((line) => `  ${line}`);
}

export function groupNotMoved(rows: readonly NotMovedRow[]): NotMovedGroups {
  const groups = new NotMovedGroups();
  for (const row of rows) groups.add(notMovedEvent(row));
  return groups;
}

export const notMovedEvent = ({ address, folder, uid, state, bytes, reason }: NotMovedRow) => ({
  type: 'not_moved' as const,
  mailbox: address,
  folder,
  uid,
  bucket: state === 'intent' ? ('in_doubt' as const) : state,
  bytes,
  why: reason ?? (state === 'intent' ? 'sent, and the answer never came: the next sync looks for it first' : 'unknown'),
});

export const alterationEvent = ({ address, ...rest }: AlterationRow) => ({
  type: 'alteration' as const,
  mailbox: address,
  ...rest,
});

export interface AlterationGroup {
  what: string;
  why: string;
  count: number;
  first: AlterationRow[];
}

/** Largest first. */
export function groupAlterations({ alterations }: Report): AlterationGroup[] {
  const groups = Map.groupBy(alterations, ({ what, why }) => `${what}\n${why}`);
  return [...groups.values()]
    .flatMap((rows) => {
      const [row] = rows;
      return row === undefined ? [] : [{ what: row.what, why: row.why, count: rows.length, first: rows.slice(0, 3) }];
    })
    .sort((a, b) => b.count - a.count);
}

function alterationLines(report: Report, style: Style): string[] {
  return groupAlterations(report).flatMap(({ what, why, count: total, first }) => [
    `  ${count(total)}  ${what}: ${why}`,
    ...first.map(
      ({ address, folder, uid }) => `            ${address}  ${folder}${uid === null ? '' : `  uid ${uid}`}`,
    ),
    ...(total > first.length ? [style.dim(`            and ${count(total - first.length)} more, the same`)] : []),
  ]);
}

const section = (title: string, lines: readonly string[], style: Style): string[] =>
  lines.length === 0 ? [] : ['', style.bold(title), ...lines];
