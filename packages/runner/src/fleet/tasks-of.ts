import type { Plan, PlanMailbox, RunOrder } from '@mxodus/model';
import { groupByDestination, sizeOf } from '../sync/mailbox-jobs.ts';

/** Of a mailbox that no rule gives one: in the middle of what the config allows. */
const USUAL_WAVE = 50;

/** The tasks of a run: the mailboxes that go into one destination mailbox are one, small ones first. */
export function tasksOf(plan: Plan, only: (mailbox: PlanMailbox) => boolean = () => true): RunOrder['tasks'] {
  return groupByDestination(plan.mailboxes.filter(only)).map((group) => ({
    addresses: group.map(({ address }) => address),
    messages: sizeOf(group),
    wave: Math.min(...group.map(({ wave }) => wave ?? USUAL_WAVE)),
  }));
}
