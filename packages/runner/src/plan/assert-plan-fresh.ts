import { comparePlanGround } from '@mxodus/engine';
import { MxodusError, type Plan, type PlanMailbox, type Quota, type ServerFacts } from '@mxodus/model';

/** The plan is of this config's project: what the project keeps (ledger, journal) is about this plan. */
export function assertSameProject(plan: Plan, { project }: { project: string }): void {
  if (plan.project === project) return;
  throw new MxodusError('PLAN_STALE', {
    what: `the plan is of project "${plan.project}", the config of project "${project}"`,
    why: 'a plan goes with the config it was made from; nothing was changed',
    advice: 'name its config with -c FILE, or run `mxodus plan` with this one',
  });
}

/** The plan is of this config as it is now. */
export function assertPlanFresh(plan: Plan, loaded: { config: { project: string }; sha256: string }): void {
  assertSameProject(plan, loaded.config);
  if (plan.config_sha256 !== loaded.sha256) {
    throw stale('the config has changed since the plan was made', `the plan is of ${plan.created_at}`);
  }
}

/** What the plan counts on at the destination of one mailbox is still there. */
export function assertGround(
  mailbox: PlanMailbox,
  facts: Pick<ServerFacts, 'capabilities' | 'appendLimit'>,
  quota: Quota | null,
): void {
  const { capabilities, appendLimit } = facts;
  const reasons = comparePlanGround(mailbox, { capabilities, appendLimit, quota });
  if (reasons.length > 0) throw stale(reasons.join('; '), 'the plan was made on other ground').at(mailbox.address);
}

const stale = (what: string, why: string): MxodusError =>
  new MxodusError('PLAN_STALE', {
    what,
    why: `${why}; nothing was changed`,
    advice: 'run `mxodus plan` again, read what it says, then use the new plan',
  });
