import { type CutoverEvent, type CutoverRequest, EXIT, MxodusError } from '@mxodus/model';
import {
  type Arrived,
  arrivedSince,
  cutoverRequest,
  openJournal,
  type PlannedRollback,
  plannedRollback,
} from '@mxodus/runner';
import { z } from 'zod';
import { requestText, rollbackPlanText, rolledBackText } from '../../views/cutover-rollback.ts';
import { type OpenedPlan, openPlan } from '../open-plan.ts';
import type { Outcome, Session } from '../session.ts';
import { withLedger } from '../with-ledger.ts';
import { cutoverPlan, person } from './opened-cutover.ts';
import { askTheRun, nothingTo } from './requests.ts';
import { listener, runCutover } from './run.ts';
import type { CutoverVerb } from './verb.ts';

const optionsSchema = z.object({
  execute: z.boolean(),
  why: z.string(),
  domain: z.array(z.string()).default([]),
});

export const rollbackVerb: CutoverVerb = (cutover, start) => {
  cutover
    .command('rollback')
    .description(
      'Goes back to the old records from any state, and copies back what reached the new servers. Without --execute: what it changes and costs, exit 8.',
    )
    .argument('<plan>', 'the plan file')
    .option('--execute', 'do it', false)
    .option('--domain <name>', 'name the domains that are meant, once for each: any other plan is refused', collect)
    .option('--why <text>', 'reason; it is in the journal and in the report', 'no reason was given')
    .action(
      start({ name: 'cutover rollback', emptySummary: { state: null } }, (session, [planPath = ''], options) =>
        rollback(session, planPath, optionsSchema.parse(options)),
      ),
    );
};

async function rollback(
  session: Session,
  planPath: string,
  { execute, why, domain }: z.output<typeof optionsSchema>,
): Promise<Outcome> {
  const opened = await openPlan(session, planPath);
  const planned = plannedRollback(cutoverPlan(opened), await opened.project.journal());
  if (planned.refused !== null) throw nothingTo(opened, 'roll back', planned.refused);
  if (!execute) return show(session, opened, planned);
  assertNamed(opened, domain);
  const request: CutoverRequest = { kind: 'rollback', by: person(), why };
  try {
    return await withLedger(session, opened, (ledger, held) => rollBackOurselves(held, { opened, ledger, request }));
  } catch (error) {
    if (!(error instanceof MxodusError) || error.code !== 'BUSY') throw error;
    const result = await askTheRun(session, opened, request);
    session.output.print(requestText({ verb: 'rollback', ...result }, session.output.style));
    return { exitCode: EXIT.done, summary: { state: result.state, taken: result.isTaken } };
  }
}

async function show(session: Session, opened: OpenedPlan, planned: PlannedRollback): Promise<Outcome> {
  const { output } = session;
  const { plan, words } = opened;
  const { state, changes, cost, minutes, newSideSince } = planned;
  const arrived = newSideSince === null ? null : await countArrived(session, opened, newSideSince);
  for (const change of changes) output.line(change);
  const domains = plan.domains.map(({ domain }) => domain);
  output.print(rollbackPlanText({ state, changes, cost, minutes, arrived, domains, words }, output.style));
  return {
    exitCode: EXIT.changesPending,
    summary: {
      ...{ state, cost, minutes, to_copy_back: arrived?.messages ?? 0, not_looked_at: arrived?.notLookedAt ?? [] },
      new_side_since: newSideSince === null ? null : new Date(newSideSince).toISOString(),
    },
  };
}

/** A look at the new mailboxes, also while a run works on the ledger: a copy of it does. */
async function countArrived({ signal }: Session, { plan, project }: OpenedPlan, since: number): Promise<Arrived> {
  const forward = await project.openLedgerCopy();
  try {
    return await arrivedSince({ plan, accounts: project.accounts, forward, since, signal });
  } finally {
    await forward.close();
  }
}

/** To its end, or on with one that was begun. */
async function rollBackOurselves(
  session: Session,
  {
    opened,
    ledger,
    request,
  }: { opened: OpenedPlan; ledger: Parameters<typeof runCutover>[1]['ledger']; request: CutoverRequest },
): Promise<Outcome> {
  const { output, now } = session;
  const emit = listener(session, opened, { live: true, seen: [] });
  const journal = await openJournal(opened.project.journalPath);
  // One that is under way goes on: it need not be asked for again.
  await cutoverRequest({
    ...{ plan: cutoverPlan(opened), request, journal, now: now().getTime() },
    emit: (event: CutoverEvent) => emit(event),
  });
  const { state, exitCode } = await runCutover(session, {
    ...{ opened, ledger, emit },
    options: { execute: true, once: false, until: 'ROLLED_BACK' },
  });
  output.end();
  const domains = opened.plan.domains.map(({ domain }) => domain);
  output.print(rolledBackText({ domains, words: opened.words }, output.style));
  return { exitCode, summary: { state } };
}

/** Who names the domains is sure that no other plan is rolled back. Nobody has to: a rollback is an emergency brake. */
function assertNamed({ plan }: OpenedPlan, named: readonly string[]): void {
  if (named.length === 0) return;
  const wanted = plan.domains.map(({ domain }) => domain.toLowerCase()).toSorted();
  const given = [...new Set(named.map((name) => name.toLowerCase().replace(/\.$/, '')))].toSorted();
  if (wanted.join(' ') === given.join(' ')) return;
  throw new MxodusError('USAGE', {
    what: `the plan is of ${wanted.join(', ')}`,
    why: `--domain named ${given.join(', ')}`,
    advice: `name the plan that is meant, or: ${wanted.map((domain) => `--domain ${domain}`).join(' ')}`,
  });
}

const collect = (value: string, before: unknown): unknown[] => [...(Array.isArray(before) ? before : []), value];
