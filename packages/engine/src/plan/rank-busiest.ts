import type { AssignRule } from '@mxodus/model';
import { assign, type Busiest } from './assign.ts';

export type TopRule = Extract<AssignRule, { top: number }>;

/** What a source mailbox counts for each `top` rule, by the rule's index. */
export interface MailboxSurvey {
  address: string;
  /** The server its list names; null: none. */
  to: string | null;
  counts: ReadonlyMap<number, number>;
}

/**
 * Whom each `top` rule takes: of those no earlier rule takes, the ones that count most; where two count the same, the first by address, so
 * that the same mailboxes always give the same plan.
 */
export function rankBusiest(rules: readonly AssignRule[], surveys: readonly MailboxSurvey[]): Busiest {
  const busiest = new Map<number, ReadonlySet<string>>();
  for (const [index, rule] of rules.entries()) {
    if (!('top' in rule)) continue;
    const earlier = rules.slice(0, index);
    const open = surveys.filter(({ address, to }) => {
      if (to !== null && to !== rule.to) return false;
      const taken = assign(address, earlier, { to: to ?? undefined, busiest });
      return taken === undefined || taken.rule === null;
    });
    const count = ({ counts }: MailboxSurvey): number => counts.get(index) ?? 0;
    const ranked = open.toSorted((a, b) => count(b) - count(a) || (a.address < b.address ? -1 : 1));
    busiest.set(index, new Set(ranked.slice(0, rule.top).map(({ address }) => address)));
  }
  return busiest;
}
