import type { Run, RunTask } from '@mxodus/model';
import { count, counted } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import { commandLine, nextLine } from './next-step.ts';

/** How the user named things: the plan with its config, and the sync as it was given. */
export interface FleetWords {
  plan: readonly string[];
  sync: readonly string[];
}

export interface FoundRun {
  run: Run;
  /** Ordered now; else it was under way. */
  isNew: boolean;
}

/** What is said when a run was ordered, or found under way. */
export function followText({ run, isNew }: FoundRun, tasks: readonly RunTask[]): string {
  const mailboxes = tasks.flatMap((task) => task.mailboxes);
  const ended = mailboxes.filter(({ result }) => result !== null).length;
  const all = counted(mailboxes.length, 'mailbox');
  if (isNew) return `Run ${run.id} is ordered: ${all}. Ctrl-C leaves it going.`;
  const paused = run.state === 'paused' ? ' It is paused.' : '';
  return `Run ${run.id} is under way: ${count(ended)} of ${all} have ended.${paused} Ctrl-C leaves it going.`;
}

/** The end of a command that does not wait for the run, and how to come back to it. */
export function leftText(
  { run, isNew }: FoundRun,
  { words, detached }: { words: FleetWords; detached: boolean },
  style: Style,
): string {
  const found = isNew ? 'is ordered' : 'is under way already';
  const said = detached ? `${found}; the workers of the fleet do it` : 'goes on; only this command has ended';
  return [
    `${style.bold(`Run ${run.id}`)} ${said}.`,
    nextLine([commandLine('sync', words.sync)], style),
    `   or  ${commandLine('fleet status', words.plan)}`,
  ].join('\n');
}
