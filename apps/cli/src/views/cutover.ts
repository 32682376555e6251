import { moves } from '@mxodus/engine';
import {
  type CutoverConfig,
  type CutoverEvent,
  type CutoverStatus,
  type DomainPlan,
  EXIT,
  type Gate,
} from '@mxodus/model';
import type { CutoverResult } from '@mxodus/runner';
import { counted } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import { changeLines } from './cutover-changes.ts';
import { gateLines, gateNames } from './cutover-gates.ts';
import { commandLine, nextLine } from './next-step.ts';

export interface CutoverView {
  domains: readonly DomainPlan[];
  window: CutoverConfig['window'];
  /** Plan and config as the user named them. */
  words: readonly string[];
  now: () => Date;
}

export function checkText(
  view: CutoverView & { status: Pick<CutoverStatus, 'gates'>; closed: readonly Gate[] },
  style: Style,
): string {
  const { status, closed, words } = view;
  return [
    gatesVerdict(namesOf(view), closed, style),
    ...gateLines(status.gates, style),
    nextLine([commandLine('cutover run', words)], style),
  ].join('\n');
}

export function gatesVerdict(names: string, closed: readonly Gate[], style: Style): string {
  return closed.length === 0
    ? `${style.good(style.bold('OPEN:'))} no gate stops the cutover of ${names}.`
    : `${style.bad(style.bold('CLOSED:'))} ${gateNames(closed)} ${closed.length === 1 ? 'stops' : 'stop'} the cutover of ${names}.`;
}

export function runText(
  view: CutoverView & { result: CutoverResult; execute: boolean; events: readonly CutoverEvent[] },
  style: Style,
): string {
  const { result, execute, events, words } = view;
  const again = nextLine([commandLine('cutover run', [...words, '--execute'])], style);
  if (result.exitCode === EXIT.changesPending) {
    const head = execute
      ? `${style.bold('WAITING')} in state ${result.state}; the same command goes on.`
      : `${style.warn(style.bold('CHANGES PENDING:'))} state ${result.state}; nothing was changed by this run.`;
    const changes = events.filter((event) => event.type === 'cutover_change');
    return [
      head,
      ...(changes.length === 0 ? [] : ['', style.bold('Changes, in this order:'), ...changeLines(changes, style), '']),
      ...events.flatMap((event) => (event.type === 'cutover_gates' ? gateLines(event.gates, style) : [])),
      again,
    ].join('\n');
  }
  const late = `${counted(result.lateMessages, 'late message')} fetched from the old servers after the switch.`;
  const { is, its } = numberOf(view);
  switch (result.state) {
    case 'RESTORED':
      return [
        `${style.good(style.bold('COMPLETE:'))} the MX of ${namesOf(view)} ${is} switched, ${its} TTL restored. ${late}`,
        nextLine(
          [commandLine('sync', words), commandLine('verify', words), commandLine('cutover close', words)],
          style,
        ),
      ].join('\n');
    case 'CLOSED':
      return `${style.good(style.bold('CLOSED:'))} the cutover of ${namesOf(view)} is over; the old servers may be switched off. ${late}`;
    case 'ROLLED_BACK':
      return [
        `${style.warn(style.bold('ROLLED BACK:'))} the MX of ${namesOf(view)} ${is} what ${view.domains.length === 1 ? 'it was' : 'they were'}.`,
        nextLine([commandLine('cutover report', words)], style),
      ].join('\n');
    default:
      break;
  }
  if (!view.domains.some(moves)) {
    return `${style.good(style.bold('NOTHING TO CHANGE:'))} every MX is what the plan wants already.`;
  }
  return [
    `${style.bold('STOPPED')} in state ${result.state}, as asked. ${result.lateMessages > 0 ? late : ''}`.trimEnd(),
    again,
  ].join('\n');
}

export function closeText(view: CutoverView & { isDone: boolean }, style: Style): string {
  if (view.isDone) {
    return `${style.good(style.bold('CLOSED:'))} the last look found the old servers of ${namesOf(view)} quiet. They may be switched off.`;
  }
  return [
    `${style.warn(style.bold('CHANGES PENDING:'))} one last look at the old servers of ${namesOf(view)}; if they are quiet, they may be switched off. There is no rollback after that.`,
    nextLine([commandLine('cutover close', [...view.words, '--execute'])], style),
  ].join('\n');
}

const numberOf = ({ domains }: Pick<CutoverView, 'domains'>): { is: string; its: string } =>
  domains.length === 1 ? { is: 'is', its: 'its' } : { is: 'are', its: 'their' };

/** "example.com", "a.example and b.example", "a, b and c". */
export function namesOf({ domains }: Pick<CutoverView, 'domains'>): string {
  const names = domains.map(({ domain }) => domain);
  const [last = '', ...rest] = names.toReversed();
  return rest.length === 0 ? last : `${rest.toReversed().join(', ')} and ${last}`;
}
