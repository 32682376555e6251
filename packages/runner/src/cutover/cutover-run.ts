import { type CutoverProgress, changesAnything, NO_PROGRESS, nextStep } from '@mxodus/engine';
import { CUTOVER_STATES, type CutoverState, EXIT, MxodusError } from '@mxodus/model';
import { askGates } from './ask-gates.ts';
import { canaryRound } from './canaries.ts';
import { interrupted, recordsChanged, wrongApproval } from './cutover-errors.ts';
import { situationOf } from './look.ts';
import { plannedChanges, plannedRollback } from './planned-changes.ts';
import { assertDomains, progressOfPlan } from './progress-of-plan.ts';
import { takeRequests } from './requests.ts';
import { type CutoverRunOptions, type Run, write } from './run-context.ts';
import { takeStep } from './run-step.ts';
import { tell } from './wait.ts';
import { watchAddresses } from './watch-addresses.ts';

export interface CutoverResult {
  exitCode: typeof EXIT.done | typeof EXIT.changesPending;
  state: CutoverState;
  lateMessages: number;
}

/** While these last test mails are sent. */
const CANARY_STATES: readonly CutoverState[] = ['SWITCHED', 'PROPAGATING', 'VERIFIED', 'DRAINING'];

/** Nothing waits any more for an address to run out: its look-ups would only hold the passes up. */
const ADDRESSES_PAST: readonly CutoverState[] = ['VERIFIED', 'DRAINING', 'RESTORED', 'CLOSED', 'ROLLING_BACK'];

/**
 * Runs a cutover, from wherever the journal says it is, or a rollback that is under way: asks the engine for the next step, does it,
 * looks again. Every step that changes something is in the journal first; every wait is an absolute time that follows from the journal.
 * After a rollback it begins anew.
 */
export async function cutoverRun(options: CutoverRunOptions): Promise<CutoverResult> {
  const { plan, approve, journal, emit } = options;
  assertDomains(plan);
  if (approve !== undefined && (approve.length < 6 || !plan.sha256.startsWith(approve)))
    throw wrongApproval(plan, approve);
  const run = runOf(options, progressOfPlan(plan, journal.entries));
  if (journal.notice !== null) emit({ type: 'cutover_notice', text: journal.notice });
  if (!plan.domains.some(changesAnything)) {
    emit({ type: 'cutover_notice', text: 'every record is what the plan wants already: nothing to change' });
    return { exitCode: EXIT.done, state: run.progress.state, lateMessages: 0 };
  }
  return orInterrupted(run, () => (options.execute ? execute(run) : rehearse(run)));
}

/** @param found as the journal has it */
export function runOf(options: CutoverRunOptions, found: CutoverProgress): Run {
  const progress = found.state === 'ROLLED_BACK' ? NO_PROGRESS : found;
  return { ...options, progress, told: null, gates: null, pinned: false };
}

export async function orInterrupted<T>(run: Run, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (run.signal.aborted && !(error instanceof MxodusError)) throw interrupted(run.progress.state);
    throw error;
  }
}

/** Without --execute: the gates and the changes, and nothing else. */
async function rehearse(run: Run): Promise<CutoverResult> {
  const { plan, progress, ports, signal, emit } = run;
  if (progress.state === 'RESTORED' || progress.state === 'CLOSED') return result(run, EXIT.done);
  const situation = await situationOf(plan, progress, ports, signal);
  const step = nextStep(situation);
  emit({
    type: 'cutover_gates',
    state: progress.state,
    gates: await askGates(situation, ports, { facts: 'ask', signal }),
  });
  const isBack = progress.state === 'ROLLING_BACK';
  for (const change of isBack ? plannedRollback(plan, run.journal.entries).changes : plannedChanges(plan)) emit(change);
  if (step.kind === 'drifted') throw recordsChanged(step.views);
  tell(run, step);
  return result(run, EXIT.changesPending);
}

async function execute(run: Run): Promise<CutoverResult> {
  const { plan, ports, signal } = run;
  await begin(run);
  for (;;) {
    if (signal.aborted) throw interrupted(run.progress.state);
    await takeRequests(run);
    if (run.until !== undefined && hasReached(run.progress.state, run.until)) return result(run, EXIT.done);
    if (!ADDRESSES_PAST.includes(run.progress.state)) await watchAddresses(run, write);
    if (CANARY_STATES.includes(run.progress.state)) await canaryRound(run, write);
    const situation = await situationOf(plan, run.progress, ports, signal);
    const step = nextStep(situation);
    if (step.kind === 'done') return result(run, EXIT.done);
    await takeStep(run, step, situation);
  }
}

/** The plan is taken up, and whoever runs it is named: once for each of them. */
async function begin(run: Run): Promise<void> {
  const { plan, approve, by } = run;
  if (run.progress.plan !== plan.sha256) {
    const facts = { plan: plan.sha256, domains: plan.domains.map(({ domain }) => domain) };
    await write(run, { state: 'DRAFT', event: 'started', facts });
  }
  const { state, approved } = run.progress;
  const isOver = state === 'RESTORED' || state === 'CLOSED';
  const isKnown = approved !== null && approved.by === by && (approved.hashGiven || approve === undefined);
  if (isOver || isKnown) return;
  const facts = { plan: plan.sha256, by, hash_given: approve !== undefined || approved?.hashGiven === true };
  await write(run, { state, event: 'approved', facts });
}

/** A rollback under way is run to its end, whatever state was named. */
function hasReached(state: CutoverState, until: CutoverState): boolean {
  if (state === 'ROLLING_BACK' || state === 'ROLLED_BACK') return state === until;
  return CUTOVER_STATES.indexOf(state) >= CUTOVER_STATES.indexOf(until);
}

function result({ progress }: Run, exitCode: CutoverResult['exitCode']): CutoverResult {
  return { exitCode, state: progress.state, lateMessages: progress.lateMessages };
}
