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
import { table } from '../output/columns.ts';
import { counted, timestamp, wholeSeconds } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import { mxText } from './mx-text.ts';
import { commandLine, nextLine } from './next-step.ts';

export interface CutoverView {
  domains: readonly DomainPlan[];
  window: CutoverConfig['window'];
  /** Plan and config as the user named them. */
  words: readonly string[];
  now: () => Date;
}

/** What this version leaves to people; said wherever the gates are shown. */
const NOT_ASKED =
  'Not asked by this version: whether every address is accepted at the new servers, test mails through the new MX, SPF, DKIM, DMARC, TLS.';

export function checkText(
  view: CutoverView & { status: CutoverStatus; closed: readonly Gate[] },
  style: Style,
): string {
  const { status, closed, words } = view;
  const verdict =
    closed.length === 0
      ? `${style.good(style.bold('OPEN:'))} no gate stops the cutover of ${namesOf(view)}.`
      : `${style.bad(style.bold('CLOSED:'))} ${closed.map(({ id, name }) => `${id} ${name}`).join(', ')}.`;
  return [
    verdict,
    ...gateLines(status.gates, style),
    style.dim(NOT_ASKED),
    nextLine([commandLine('cutover run', words)], style),
  ].join('\n');
}

export function statusText(view: CutoverView & { status: CutoverStatus }, style: Style): string {
  const { status } = view;
  return [
    `${style.bold(`${status.state}:`)} ${status.done ? 'the cutover is over' : `waiting for ${status.waiting_for}`}`,
    ...(status.until === null ? [] : [`  until     ${untilText(status.until, view)}`]),
    `  release   ${status.release}`,
    `  rollback  ${status.rollback_cost}`,
    '',
    ...gateLines(status.gates, style),
    style.dim(NOT_ASKED),
  ].join('\n');
}

export function runText(
  view: CutoverView & { result: CutoverResult; execute: boolean; events: readonly CutoverEvent[] },
  style: Style,
): string {
  const { result, execute, events, words } = view;
  const again = nextLine([commandLine('cutover run', [...words, '--execute'])], style);
  if (result.exitCode === EXIT.changesPending) {
    return [
      `${style.warn(style.bold('CHANGES PENDING:'))} state ${result.state}; nothing was changed by this run.`,
      ...changeLines(events, style),
      ...events.flatMap((event) => (event.type === 'cutover_gates' ? gateLines(event.gates, style) : [])),
      style.dim(NOT_ASKED),
      again,
    ].join('\n');
  }
  const late = `${counted(result.lateMessages, 'late message')} fetched from the old servers after the switch.`;
  if (result.state === 'RESTORED') {
    const done = `${style.good(style.bold('COMPLETE:'))} the MX of ${namesOf(view)} is switched, its TTL restored. ${late}`;
    return [done, nextLine([commandLine('sync', words), commandLine('verify', words)], style)].join('\n');
  }
  if (!view.domains.some(moves)) {
    return `${style.good(style.bold('NOTHING TO CHANGE:'))} every MX is what the plan wants already.`;
  }
  return [`${style.bold('STOPPED')} in state ${result.state}, as asked. ${execute ? late : ''}`.trimEnd(), again].join(
    '\n',
  );
}

function changeLines(events: readonly CutoverEvent[], style: Style): string[] {
  const rows = events.flatMap((event) =>
    event.type === 'cutover_change'
      ? [[event.phase, event.domain, mxText(event.before), '->', mxText(event.after)]]
      : [],
  );
  return ['', style.bold('Changes, in this order:'), ...table(rows).map((line) => `  ${line}`), ''];
}

/** Each gate with its reason; below what is not green, what to do about it. */
export function gateLines(gates: readonly Gate[], style: Style): string[] {
  const lines = table(gates.map(({ id, name, status, why }) => [coloured(status, style), id, name, why]));
  return gates.flatMap(({ status, fix }, index) => {
    const line = `  ${lines[index] ?? ''}`;
    return status === 'green' || fix === '' ? [line] : [line, `${' '.repeat(11)}${style.dim(`fix: ${fix}`)}`];
  });
}

function coloured(status: Gate['status'], style: Style): string {
  switch (status) {
    case 'green':
      return style.good(status);
    case 'amber':
      return style.warn(status);
    case 'red':
    case 'unknown':
      return style.bad(status);
  }
}

/** "2026-12-05T21:06:00Z (22:06:00 in Europe/Berlin, in 1 h 05 min)". */
export function untilText(until: string, { window, now }: Pick<CutoverView, 'window' | 'now'>): string {
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

const namesOf = ({ domains }: Pick<CutoverView, 'domains'>): string => domains.map(({ domain }) => domain).join(', ');
