import { type EventOf, EXIT, type MxodusEvent } from '@mxodus/model';
import type { VerifyResult } from '@mxodus/runner';
import type { EventView } from '../output/event-view.ts';
import { count, counted } from '../output/figures.ts';
import type { Output } from '../output/output.ts';
import type { Style } from '../output/style.ts';
import { type CommandWords, commandLine, nextLine } from './next-step.ts';
import { ofSteps, StepProgress } from './step-progress.ts';

type Difference = EventOf<'difference'>;
type VerifyLevel = EventOf<'mailbox_verified'>['level'];

export function verifyProgress(mailboxes: number, output: Output): EventView<MxodusEvent> {
  const style = output.progressStyle;
  return new StepProgress({
    verb: 'verify',
    steps: mailboxes,
    text: ofSteps('mailboxes', 'compared'),
    describe: (event) => (event.type === 'mailbox_verified' ? { text: mailboxLine(event, style), step: true } : null),
    style,
    log: output.isLog,
  });
}

function mailboxLine(
  { mailbox, compared, differences, only_at_destination: extra }: EventOf<'mailbox_verified'>,
  style: Style,
): string {
  const mark = differences === 0 ? style.good('ok') : style.warn('!!');
  const more = extra === 0 ? '' : `, ${count(extra)} only at the destination`;
  return `${mark}  ${mailbox}  ${counted(compared, 'message')} compared, ${counted(differences, 'difference')}${more}`;
}

/** The differences of a run, by mailbox, kind and detail: the first three of each, and how many. */
export class Differences {
  readonly #groups = new Map<string, { first: Difference[]; count: number }>();

  add(difference: Difference): void {
    const key = [difference.mailbox, difference.folder, difference.kind].join('\n');
    const group = this.#groups.get(key) ?? { first: [], count: 0 };
    this.#groups.set(key, group);
    group.count += 1;
    if (group.first.length < 3) group.first.push(difference);
  }

  lines(style: Style): string[] {
    return [...this.#groups.values()].flatMap(({ first, count: total }) => [
      ...first.map(
        ({ mailbox, folder, uid, kind, detail }) =>
          `  ${style.warn(symbolOf(kind))} ${mailbox}  ${folder}${uid === null ? '' : `  uid ${uid}`}  ${kind.replace('_', ' ')}: ${detail}`,
      ),
      ...(total > first.length ? [style.dim(`    and ${count(total - first.length)} more in this folder`)] : []),
    ]);
  }
}

/** As rclone's: + is missing at the destination, - is only there, * differs. */
function symbolOf(kind: Difference['kind']): string {
  switch (kind) {
    case 'missing':
    case 'folder':
    case 'count':
      return '+';
    case 'extra':
      return '-';
    case 'bytes':
    case 'header':
    case 'flags':
    case 'internal_date':
      return '*';
  }
}

export interface VerifyVerdict {
  result: VerifyResult;
  differences: Differences;
  level: VerifyLevel;
  mailboxes: number;
  /** Of these: at a mail system that stores messages in a form of its own. */
  keyed: number;
  words: CommandWords;
}

const COMPARED: Readonly<Record<VerifyLevel, string>> = {
  counts: 'numbers of messages',
  headers: 'headers, flags and dates',
  bytes: 'every byte, flags and dates',
};

/** Bytes say nothing there: Exchange makes its own form of a message. */
function comparedText({ level, mailboxes, keyed }: VerifyVerdict): string {
  if (keyed === 0 || level === 'counts') return COMPARED[level];
  const there = 'Message-ID, read, flagged and dates';
  return keyed === mailboxes ? there : `${COMPARED[level]}; in Exchange: ${there}`;
}

export function verifyVerdict(verdict: VerifyVerdict, style: Style): string {
  const { result, differences, level, mailboxes, words } = verdict;
  const { exitCode, compared, differences: found, onlyAtDestination } = result;
  const what = `${counted(compared, 'message')} of ${counted(mailboxes, 'mailbox')}`;
  const extra =
    onlyAtDestination === 0 ? '' : ` ${counted(onlyAtDestination, 'message')} only at the destination, left alone.`;
  const lines = [
    `${headOf(result, style)} ${what} compared (${comparedText(verdict)}): ${counted(found, 'difference')}.${extra}`,
  ];
  lines.push(...differences.lines(style));
  lines.push(nextLine(next(exitCode, level, words), style));
  return lines.join('\n');
}

function next(exitCode: number, level: VerifyLevel, words: VerifyVerdict['words']): string[] {
  const again = commandLine('verify', [...words.filtered, ...(level === 'headers' ? [] : ['--level', level])]);
  if (exitCode === EXIT.notAllMoved) return [commandLine('sync', words.filtered), again];
  if (exitCode !== EXIT.done) return [again];
  if (level !== 'bytes') return [commandLine('verify', [...words.filtered, '--level', 'bytes'])];
  return [commandLine('report', [...words.plan, '--html', 'report.html'])];
}

function headOf({ exitCode, differences }: VerifyResult, style: Style): string {
  if (exitCode === EXIT.done) return style.good(style.bold('EQUAL:'));
  if (exitCode === EXIT.interrupted) return style.warn(style.bold('STOPPED:'));
  return style.warn(style.bold(differences > 0 ? 'DIFFERENT:' : 'NOT COMPLETE:'));
}
