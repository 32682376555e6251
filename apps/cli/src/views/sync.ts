import { EXIT, type NotMovedRow, sumOfBuckets } from '@mxodus/model';
import type { SyncResult } from '@mxodus/runner';
import { count, counted, howLong, size } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import { errorLines } from './error-groups.ts';
import { type CommandWords, commandLine, nextLine } from './next-step.ts';
import { groupNotMoved } from './report.ts';

export interface SyncVerdict {
  result: SyncResult;
  notMoved: readonly NotMovedRow[];
  words: CommandWords;
  dryRun: boolean;
}

/** The end of a pass: the verdict first, then the buckets, what did not move and why, and what to do next. */
export function syncVerdict({ result, notMoved, words, dryRun }: SyncVerdict, style: Style): string {
  const lines = [verdict(result, dryRun, style), `  ${bucketLine(result)}`];
  lines.push(
    ...(dryRun ? [] : [style.dim(`  ${effort(result)}`)]),
    ...groupNotMoved(notMoved).lines(style),
    ...endedEarly(result, style),
  );
  lines.push(nextLine(dryRun ? [commandLine('sync', words.filtered)] : next(result, words), style));
  return lines.join('\n');
}

function verdict({ exitCode, sourceMessages, buckets, mailboxes }: SyncResult, dryRun: boolean, style: Style): string {
  const due = sourceMessages - buckets.excluded;
  const there = buckets.already_there + buckets.moved_before + buckets.moved_now;
  const whose = mailboxes.length === 1 ? (mailboxes[0]?.address ?? '') : counted(mailboxes.length, 'mailbox');
  const unaccounted = `${count(sourceMessages - sumOfBuckets(buckets))} unaccounted for`;
  if (dryRun) {
    return `${style.bold('DRY RUN:')} ${counted(buckets.moved_now, 'message')} of ${whose} would be moved; nothing was changed. ${unaccounted}.`;
  }
  if (exitCode === EXIT.done) {
    const all = due === 1 ? 'the 1 message' : `all ${count(due)} messages`;
    return `${style.good(style.bold('COMPLETE:'))} ${all} of ${whose} are at the destination. ${unaccounted}.`;
  }
  const head = exitCode === EXIT.interrupted ? 'STOPPED:' : 'NOT COMPLETE:';
  const broken = mailboxes.filter(({ error }) => error !== null && error.code !== 'INTERRUPTED').length;
  const ended = broken === 0 ? '' : ` ${counted(broken, 'mailbox')} ended early.`;
  const unbegun = mailboxes.filter((mailbox) => mailbox.exitCode === EXIT.interrupted && mailbox.error === null).length;
  const left = unbegun === 0 ? '' : ` ${counted(unbegun, 'mailbox')} not begun.`;
  return `${style.warn(style.bold(head))} ${count(there)} of ${counted(due, 'message')} of ${whose} are at the destination. ${unaccounted}.${ended}${left}`;
}

/** Every source message is in exactly one: the numbers add up to the source. */
function bucketLine({ buckets, mailboxes }: SyncResult): string {
  const failed = mailboxes.some(({ error }) => error !== null) ? 'failed or not reached' : 'failed';
  const parts = [
    `there ${count(buckets.already_there)}`,
    `moved before ${count(buckets.moved_before)}`,
    `moved now ${count(buckets.moved_now)}`,
    `cannot ${count(buckets.cannot)}`,
    `${failed} ${count(buckets.failed)}`,
    `in doubt ${count(buckets.in_doubt)}`,
  ];
  if (buckets.excluded > 0) parts.push(`excluded ${count(buckets.excluded)}`);
  return parts.join(' | ');
}

function effort({ buckets, bytes, destinationWrites, durationMs, mailboxes }: SyncResult): string {
  const flags = mailboxes.reduce((sum, mailbox) => sum + mailbox.flagsChanged, 0);
  if (destinationWrites === 0) return `Nothing was new: no change was sent to the destination. ${howLong(durationMs)}.`;
  const changed = flags === 0 ? '' : `, ${counted(flags, 'message')} with changed flags`;
  const rate =
    durationMs > 0 && buckets.moved_now > 0
      ? `, ${count(Math.round((buckets.moved_now / durationMs) * 1000))} msg/s`
      : '';
  const sent = `${counted(destinationWrites, 'command')} changed the destination`;
  return `${counted(buckets.moved_now, 'message')}, ${size(bytes)}${changed} in ${howLong(durationMs)}${rate}; ${sent}.`;
}

function endedEarly({ mailboxes }: SyncResult, style: Style): string[] {
  const errors = mailboxes.flatMap(({ address, error }) =>
    error === null || error.code === 'INTERRUPTED' ? [] : [{ where: address, code: error.code, what: error.what }],
  );
  return errorLines(errors, style);
}

function next({ exitCode, buckets }: SyncResult, { config, plan, filtered }: CommandWords): string[] {
  const sync = commandLine('sync', filtered);
  switch (exitCode) {
    case EXIT.done:
      return [commandLine('verify', [...filtered, '--level', 'bytes'])];
    case EXIT.gate:
      return [commandLine('plan', config), sync];
    case EXIT.signIn:
      return [commandLine('check', config), sync];
    case EXIT.notAllMoved: {
      const report = commandLine('report', plan);
      if (buckets.in_doubt > 0) return [sync];
      return buckets.failed > 0 ? [report, commandLine('sync', [...filtered, '--only-failed'])] : [report];
    }
    default:
      return [sync];
  }
}
