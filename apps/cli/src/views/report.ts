import type { AlterationRow, FolderRow, NotMovedRow, Plan } from '@mxodus/model';
import { cutMiddle, fittingTable, squeezedTable, wrap } from '../output/columns.ts';
import { count, counted, minuteOf, percent, roughly } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import { type MailboxStanding, totalsOf } from './mailbox-standing.ts';
import { NotMovedGroups } from './not-moved-groups.ts';
import { waitText } from './wait-text.ts';

const LONGEST_NAME = 40;
/** What is left of a name in the table with all its words, and in the one for 80 columns. */
const LEAST_NAME = { wide: 20, narrow: 12 };

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
    ...section('Waiting', waitLines(report, width), style),
    ...section('Not moved', groupNotMoved(report.notMoved).lines(style), style),
    ...section('Altered', alterationLines(report, style), style),
  ].join('\n');
}

/** Of each mailbox where its source messages are: the numbers of a row add up to the first one. */
function mailboxLines({ standings, now }: Report, width: number, style: Style): string[] {
  const heads = [
    'mailbox',
    'source',
    'moved',
    '',
    'to come',
    'not moved',
    'in doubt',
    'excluded',
    'last complete pass',
  ];
  const wide = fittingTable(
    [
      heads.map(style.dim),
      ...standings.map((standing) => {
        const [source, moved, ...rest] = figuresOf(standing);
        const part = percent(standing.moved, standing.source_messages);
        return [cutMiddle(standing.mailbox, LONGEST_NAME), source, moved, part, ...rest, lastPass(standing)];
      }),
    ],
    { right: [1, 2, 3, 4, 5, 6, 7], width: width - 2, least: LEAST_NAME.wide },
  );
  const lines = wide ?? narrowLines(standings, { now, width }, style);
  return lines.map((line) => `  ${line}`);
}

/** The same in 80 columns. */
function narrowLines(
  standings: Report['standings'],
  { now, width }: { now: Date; width: number },
  style: Style,
): string[] {
  const head = ['mailbox', 'source', 'moved', 'to come', 'unmoved', 'doubt', 'excl.', 'last pass'].map(style.dim);
  const rows = standings.map((standing) => {
    const last = standing.last_complete_pass;
    const ago = last === null ? 'never' : `${roughly(now.getTime() - new Date(last).getTime())} ago`;
    return [standing.mailbox, ...figuresOf(standing), ago];
  });
  return squeezedTable([head, ...rows], { right: [1, 2, 3, 4, 5, 6], width: width - 2, least: LEAST_NAME.narrow });
}

const figuresOf = (standing: MailboxStanding): [string, string, ...string[]] => [
  count(standing.source_messages + standing.excluded),
  count(standing.moved),
  count(standing.lag),
  count(standing.not_moved),
  count(standing.in_doubt),
  count(standing.excluded),
];

const lastPass = ({ last_complete_pass: last }: MailboxStanding): string =>
  last === null ? 'never' : minuteOf(new Date(last));

const waitLines = ({ standings, now }: Report, width: number): string[] =>
  standings.flatMap(({ mailbox, waiting }) =>
    waiting === null ? [] : wrap(`${mailbox} is ${waitText(waiting, now)}`, width - 2).map((line) => `  ${line}`),
  );

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
  const groups = Map.groupBy(alterations, ({ what, why }) => `${kindOf(what)}\n${kindOf(why)}`);
  return [...groups.values()]
    .flatMap((rows) => {
      const [row] = rows;
      if (row === undefined) return [];
      const same = (text: (one: { what: string; why: string }) => string): string =>
        rows.every((one) => text(one) === text(row)) ? text(row) : kindOf(text(row));
      const texts = { what: same(({ what }) => what), why: same(({ why }) => why) };
      return [{ ...texts, count: rows.length, first: rows.slice(0, 3) }];
    })
    .sort((a, b) => b.count - a.count);
}

/** Without the names and numbers that differ from message to message; `--json` has them all. */
const kindOf = (text: string): string => text.replace(/"(?:[^"\\]|\\.)*"/g, '"…"').replace(/\d+/g, 'N');

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
