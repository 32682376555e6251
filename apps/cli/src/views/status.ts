import type { EventOf, Run } from '@mxodus/model';
import type { LeaseHolder } from '@mxodus/queue';
import { cutMiddle, fittingTable, squeezedTable, wrap } from '../output/columns.ts';
import { count, counted, minuteOf, percent, roughly, wholeSeconds } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import { type MailboxStanding, totalsOf } from './mailbox-standing.ts';
import { commandLine } from './next-step.ts';
import { waitText } from './wait-text.ts';

export interface StatusView {
  project: string;
  standings: readonly MailboxStanding[];
  holder: LeaseHolder | string | null;
  /** The one a fleet has under way; null: none. */
  run: Run | null;
  /** Plan and config as the user named them. */
  words: readonly string[];
  /** State of the cutover; null: it has not begun. */
  cutover: string | null;
  now: Date;
  width: number;
}

const LONGEST_NAME = 40;
/** What is left of a name in the table with all its words, and in the one for 80 columns. */
const LEAST_NAME = { wide: 20, narrow: 12 };
const NUMBERS = [2, 3, 4, 5];
const LABEL = '  running   '.length;

/** No line is wider than `width` less one: the last column of a terminal is left free, for lines that are redrawn. */
export function statusText(view: StatusView, style: Style): string {
  const { project, standings, holder, run, cutover, width } = view;
  const { moved, source_messages: due, lag, not_moved: notMoved, in_doubt: inDoubt } = totalsOf(standings);
  const verdict =
    `${style.bold(`${project}:`)} ${count(moved)} of ${counted(due, 'message')} of ${counted(standings.length, 'mailbox')}` +
    ` are at the destination (${percent(moved, due)}).`;
  const lines = [
    ...wrap(verdict, width - 1),
    `  to come ${count(lag)} | not moved ${count(notMoved)} | in doubt ${count(inDoubt)}`,
  ];
  if (run !== null) lines.push(...runLines(run, view.words));
  else if (holder !== null) lines.push(holderLine(holder, width));
  if (cutover !== null) lines.push(`  cutover   ${cutover}`);
  return [...lines, '', ...mailboxTable(view, style)].join('\n');
}

/** The command on a line of its own, so that it can be pasted. */
const runLines = ({ id, state, orderedAt }: Run, words: readonly string[]): string[] => [
  `  ${'fleet'.padEnd(LABEL - 2)}run ${id} is ${state}, ordered ${minuteOf(new Date(orderedAt))}`,
  `${' '.repeat(LABEL)}${commandLine('fleet status', words)}`,
];

function holderLine(holder: LeaseHolder | string, width: number): string {
  if (typeof holder === 'string') return `  running   ${cutMiddle(holder, width - 1 - '  running   '.length)}`;
  const { command, pid, since } = holder;
  const process = `(process ${pid}, since ${minuteOf(new Date(since))})`;
  const room = Math.max(10, width - 1 - '  running   '.length - 1 - process.length);
  return `  running   ${cutMiddle(command, room)} ${process}`;
}

/** The wider of the two that fits. Below each mailbox why it waits, and without room for it at the side what else there is to say. */
function mailboxTable(view: StatusView, style: Style): string[] {
  const wide = wideTable(view, style);
  const [head = '', ...rows] = wide ?? narrowTable(view, style);
  const lines = rows.map((row, index) => {
    const standing = view.standings[index];
    const note =
      standing === undefined || (wide !== null && standing.waiting === null) ? null : remark(standing, view, style);
    return note === null ? [row] : [row, ...wrap(note, Math.max(20, view.width - 5)).map((line) => `  ${line}`)];
  });
  return [head, ...lines.flat()].map((line) => `  ${line}`);
}

function wideTable(view: StatusView, style: Style): string[] | null {
  const head = ['mailbox', 'phase', 'moved / total', 'to come', 'not moved', 'in doubt', 'last complete pass'];
  const rows = view.standings.map((standing) => [
    cutMiddle(standing.mailbox, LONGEST_NAME),
    standing.phase,
    `${count(standing.moved)} / ${count(standing.source_messages)}`,
    ...troubleFigures(standing, style),
    [lastPass(standing, view), standing.waiting === null ? remark(standing, view, style) : null]
      .filter((part) => part !== null)
      .join('  '),
  ]);
  return fittingTable([head.map(style.dim), ...rows], {
    right: NUMBERS,
    width: view.width - 3,
    least: LEAST_NAME.wide,
  });
}

/** The same in 80 columns. */
function narrowTable(view: StatusView, style: Style): string[] {
  const head = ['mailbox', 'phase', 'moved/total', 'to come', 'unmoved', 'doubt', 'last pass'];
  const rows = view.standings.map((standing) => [
    standing.mailbox,
    standing.phase,
    `${count(standing.moved)}/${count(standing.source_messages)}`,
    ...troubleFigures(standing, style),
    shortLastPass(standing, view.now),
  ]);
  return squeezedTable([head.map(style.dim), ...rows], {
    right: NUMBERS,
    width: view.width - 3,
    least: LEAST_NAME.narrow,
  });
}

const troubleFigures = ({ lag, not_moved: notMoved, in_doubt: inDoubt }: MailboxStanding, style: Style): string[] => [
  count(lag),
  notMoved > 0 ? style.warn(count(notMoved)) : '0',
  inDoubt > 0 ? style.warn(count(inDoubt)) : '0',
];

/** With the time itself where there is room for it. */
function lastPass(standing: MailboxStanding, { now, width }: Pick<StatusView, 'now' | 'width'>): string {
  const { last_complete_pass: last, running_since: running } = standing;
  if (running !== null) return `running for ${wholeSeconds(now.getTime() - new Date(running).getTime())}`;
  if (last === null) return 'never';
  const ago = `${wholeSeconds(now.getTime() - new Date(last).getTime())} ago`;
  return width < 120 ? ago : `${minuteOf(new Date(last))}, ${ago}`;
}

function shortLastPass({ last_complete_pass: last, running_since: running }: MailboxStanding, now: Date): string {
  if (running !== null) return 'running';
  return last === null ? 'never' : `${roughly(now.getTime() - new Date(last).getTime())} ago`;
}

/** What is to be said beside the numbers; null: nothing. */
function remark({ health, error, waiting }: MailboxStanding, { now }: StatusView, style: Style): string | null {
  switch (health) {
    case 'ok':
      return error;
    case 'waiting':
      if (waiting === null) return style.warn(`waiting: ${error}`);
      return waitText(waiting, now).replace(/^waiting/, style.warn('waiting'));
    case 'needs you':
      return style.warn(error === null ? 'needs you' : `needs you: ${error}`);
    case 'failed':
      return style.bad(`failed: ${error}`);
  }
}

export function statusEvent({ buckets: _, excluded: __, ...standing }: MailboxStanding): EventOf<'mailbox_status'> {
  return { type: 'mailbox_status', ...standing };
}
