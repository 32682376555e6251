import type { JournalEntry } from '@mxodus/model';

/** One line of a cutover's journal, in words. */
export function journalText({ state, event, facts }: JournalEntry): string {
  if ('zone' in facts) return `${state}: ${facts.phase} change of zone ${facts.zone} ${event}`;
  switch (event) {
    case 'started':
      return `${state}: started for ${'domains' in facts ? facts.domains.join(', ') : ''}`;
    case 'passed':
      return `${state}: ${'mode' in facts ? `${facts.mode} pass, ${facts.moved_now} moved` : 'pass'}`;
    default:
      return `${state}: ${event}`;
  }
}
