import { MxodusError, type Plan, type PlanMailbox } from '@mxodus/model';

/** Which mailboxes of the plan `--mailbox GLOB` (again and again) names; none given: all. Throws USAGE when a pattern fits none. */
export function mailboxFilter(plan: Plan, patterns: readonly string[]): (mailbox: PlanMailbox) => boolean {
  const matchers = patterns.map(globMatcher);
  matchers.forEach((matches, index) => {
    if (plan.mailboxes.some(({ address }) => matches(address))) return;
    throw new MxodusError('USAGE', {
      what: `no mailbox of the plan matches --mailbox ${patterns[index]}`,
      why: `the plan has ${plan.mailboxes.length} mailboxes, such as ${plan.mailboxes[0]?.address ?? 'none'}`,
      advice: 'a pattern is an address; * and ? stand for any characters and any one. Put it in quotes',
    });
  });
  return ({ address }) => matchers.length === 0 || matchers.some((matches) => matches(address));
}

/** The same options again, for commands to paste. */
export const filterWords = (patterns: readonly string[]): string[] =>
  patterns.flatMap((pattern) => ['--mailbox', pattern]);

function globMatcher(pattern: string): (text: string) => boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${source}$`, 'i');
  return (text) => expression.test(text);
}

/** For commander: an option that may be given again and again. */
export const collect = (value: string, before: string[] = []): string[] => [...before, value];
