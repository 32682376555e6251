import type { CutoverStatus } from '@mxodus/model';
import type { Certificate, LateMailSummary } from '../certificate/certificate-schema.ts';
import { wrap } from '../output/columns.ts';
import { count, counted, minuteOf } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import { gateLines } from './cutover-gates.ts';
import { commandLine, nextLine, toPaste } from './next-step.ts';
import { placeText, statesRow } from './states-row.ts';
import { type Clock, untilText } from './until-text.ts';

export interface CutoverStatusView extends Clock {
  status: CutoverStatus;
  /** Of the journal; null: not held. */
  hold: Certificate['holds'][number] | null;
  canaries: Certificate['canaries'];
  lateMail: LateMailSummary;
  /** Plan and config as the user named them. */
  words: readonly string[];
  width: number;
}

const MACHINES_SHOWN = 5;
const LABEL = 12;

/** State, what is waited for, until when, who can release it, what a rollback costs now; then what came in late, and the gates. */
export function statusText(view: CutoverStatusView, style: Style): string {
  const { status, hold, canaries, lateMail, width, words } = view;
  const { state, done, until } = status;
  const field = (label: string, text: string): string[] => {
    const [first = '', ...rest] = wrap(text, Math.max(30, width - LABEL - 3));
    return [`  ${label.padEnd(LABEL - 2)}${first}`, ...rest.map((line) => `${' '.repeat(LABEL)}${line}`)];
  };
  return [
    `${style.bold(`${state}`)} (${placeText(state)})${done ? ': the cutover is over' : ''}`,
    ...statesRow(state, width - 3, style).map((line) => `  ${line}`),
    '',
    ...(hold === null
      ? []
      : field('HELD', `by ${hold.by} since ${minuteOf(new Date(hold.at))}: ${hold.why}; nothing is changed meanwhile`)),
    ...(done ? [] : field('waits for', status.waiting_for)),
    ...(done ? [] : field('until', until === null ? 'no fixed time' : untilText(until, view))),
    ...field('release', toPaste(status.release, words)),
    ...field('rollback', status.rollback_cost),
    ...(canaries.sent + canaries.unsent === 0 ? [] : field('test mail', canaryText(canaries))),
    ...lateMailFields(lateMail, field),
    '',
    ...gateLines(status.gates, style),
    ...(state === 'RESTORED' ? [nextLine([commandLine('cutover close', words)], style)] : []),
  ].join('\n');
}

/** "4 sent, 3 arrived, 1 not found yet, 0 bounced". */
export function canaryText({ sent, arrived, missing, bounced, unsent }: Certificate['canaries']): string {
  const parts = [
    `${count(sent)} sent`,
    `${count(arrived)} arrived`,
    `${count(missing)} not found yet`,
    `${count(bounced)} bounced`,
  ];
  return [...parts, ...(unsent === 0 ? [] : [`${count(unsent)} no host took`])].join(', ');
}

function lateMailFields(
  { fetched, by_cause, last_at, stale_clients, machines }: LateMailSummary,
  field: (label: string, text: string) => string[],
): string[] {
  if (fetched === 0) return [];
  const causes = by_cause.map(({ cause, messages }) => `${count(messages)} ${cause}`).join(', ');
  const last = last_at === null ? '' : `; the last came ${minuteOf(new Date(last_at))}`;
  const more = machines.length - MACHINES_SHOWN;
  return [
    ...field('late mail', `${counted(fetched, 'message')} fetched from the old servers: ${causes}${last}`),
    ...stale_clients.flatMap(({ mailbox, messages }) =>
      field('stale', `a mail program of ${mailbox} still writes there (${counted(messages, 'message')})`),
    ),
    ...machines
      .slice(0, MACHINES_SHOWN)
      .flatMap(({ host, cause, senders, messages }) =>
        field(
          'machine',
          `${host || 'an unnamed host'} still sends there: ${counted(messages, 'message')}, ${cause}${sendersText(senders)}`,
        ),
      ),
    ...(more > 0 ? field('machine', `and ${count(more)} more: mxodus cutover report`) : []),
  ];
}

const sendersText = (senders: readonly string[]): string =>
  senders.length === 0 ? '' : `, from ${senders.slice(0, 3).join(', ')}${senders.length > 3 ? ', …' : ''}`;
