import type { Arrived } from '@mxodus/runner';
import { counted } from '../output/figures.ts';
import type { Style } from '../output/style.ts';
import { changeLines, type PlannedChange } from './cutover-changes.ts';
import { commandLine, nextLine } from './next-step.ts';

export interface RollbackView {
  state: string;
  changes: readonly PlannedChange[];
  /** What it costs now, as a sentence. */
  cost: string;
  /** Until no cache holds the new records; 0: mail is not affected. */
  minutes: number;
  /** What reached the new servers since the switch, about; null: nothing was switched. */
  arrived: Pick<Arrived, 'messages' | 'notLookedAt'> | null;
  domains: readonly string[];
  words: readonly string[];
}

/** What a rollback would do and cost; nothing was changed. */
export function rollbackPlanText(
  { state, changes, cost, minutes, arrived, domains, words }: RollbackView,
  style: Style,
): string {
  const named = domains.flatMap((domain) => ['--domain', domain]);
  return [
    `${style.warn(style.bold('CHANGES PENDING:'))} a rollback from ${state}; nothing was changed by this run.`,
    `  cost  ${cost}`,
    `  time  ${minutes === 0 ? 'mail is not affected' : `at most ${counted(minutes, 'minute')} until no cache sends mail to the new servers`}`,
    ...arrivedLines(arrived),
    '',
    ...(changes.length === 0
      ? ['No record has to change: none was changed.']
      : [style.bold('Changes, in this order:'), ...changeLines(changes, style)]),
    '',
    nextLine([commandLine('cutover rollback', [...words, ...named, '--execute'])], style),
  ].join('\n');
}

function arrivedLines(arrived: RollbackView['arrived']): string[] {
  if (arrived === null) return [];
  const { messages, notLookedAt } = arrived;
  const unseen = notLookedAt.map(({ address, why }) => `        not looked at: ${address} (${why})`);
  return [`  mail  about ${counted(messages, 'message')} to copy back so far`, ...unseen];
}

export const rolledBackText = ({ domains, words }: Pick<RollbackView, 'domains' | 'words'>, style: Style): string =>
  [
    `${style.good(style.bold('ROLLED BACK:'))} the records of ${domains.join(', ')} are what they were, and mail that reached the new servers is at the old ones.`,
    nextLine([commandLine('cutover report', words)], style),
  ].join('\n');

/** A request that a run in another process is to take up, or has. */
export const requestText = (
  { verb, isTaken, state }: { verb: 'hold' | 'release' | 'rollback'; isTaken: boolean; state: string },
  style: Style,
): string => {
  const done = { hold: 'HELD', release: 'RELEASED', rollback: 'ROLLING BACK' }[verb];
  return isTaken
    ? `${style.bold(`${done}:`)} the cutover is in state ${state}.`
    : `${style.bold('ASKED:')} a run in another process takes it up at its next look; state ${state} until then.`;
};
