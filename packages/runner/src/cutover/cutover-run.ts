import {
  type CutoverSituation,
  type CutoverStep,
  closedGates,
  describeStep,
  longestTtl,
  moves,
  nextStep,
  rollbackCost,
} from '@mxodus/engine';
import { CUTOVER_STATES, type CutoverState, EXIT, type Gate, MxodusError } from '@mxodus/model';
import { askGates } from './ask-gates.ts';
import { plannedChanges } from './cutover-check.ts';
import { gateClosed, interrupted, recordsChanged, wrongApproval } from './cutover-errors.ts';
import { look } from './look.ts';
import { onePass } from './one-pass.ts';
import { assertDomains, progressOfPlan } from './progress-of-plan.ts';
import { askResolvers } from './resolver-evidence.ts';
import { type CutoverRunOptions, type Run, write } from './run-context.ts';
import { sendChange } from './send-change.ts';

export interface CutoverResult {
  exitCode: typeof EXIT.done | typeof EXIT.changesPending;
  state: CutoverState;
  lateMessages: number;
}

/** A wait is told when it changes, and this often, so that silence never means "hung?". */
const TELL_AGAIN_MS = 60_000;

/**
 * Runs a cutover, from wherever the journal says it is: asks the engine for the next step, does it, looks again. Every step that
 * changes something is in the journal first; every wait is an absolute time that follows from the journal.
 */
export async function cutoverRun(options: CutoverRunOptions): Promise<CutoverResult> {
  const { plan, approve, journal, emit } = options;
  assertDomains(plan);
  if (approve !== undefined && (approve.length < 6 || !plan.sha256.startsWith(approve)))
    throw wrongApproval(plan, approve);
  const run: Run = { ...options, progress: progressOfPlan(plan, journal.entries), told: null };
  if (journal.notice !== null) emit({ type: 'cutover_notice', text: journal.notice });
  if (!plan.domains.some(moves)) {
    emit({ type: 'cutover_notice', text: 'every MX is what the plan wants already: nothing to change' });
    return { exitCode: EXIT.done, state: run.progress.state, lateMessages: 0 };
  }
  try {
    return options.execute ? await execute(run) : await rehearse(run);
  } catch (error) {
    if (options.signal.aborted && !(error instanceof MxodusError)) throw interrupted(run.progress.state);
    throw error;
  }
}

/** Without --execute: the gates and the changes, and nothing else. */
async function rehearse(run: Run): Promise<CutoverResult> {
  const { progress, ports, signal, emit } = run;
  if (progress.state === 'RESTORED') return result(run, EXIT.done);
  const situation = await situationOf(run);
  const step = nextStep(situation);
  emit({ type: 'cutover_gates', state: progress.state, gates: await askGates(situation, ports, signal) });
  for (const change of plannedChanges(run.plan)) emit(change);
  if (step.kind === 'drifted') throw recordsChanged(step.views);
  tell(run, step);
  return result(run, EXIT.changesPending);
}

async function execute(run: Run): Promise<CutoverResult> {
  const { plan, signal } = run;
  if (run.progress.plan !== plan.sha256) {
    const facts = { plan: plan.sha256, domains: plan.domains.map(({ domain }) => domain) };
    await write(run, { state: 'DRAFT', event: 'started', facts });
  }
  for (;;) {
    if (signal.aborted) throw interrupted(run.progress.state);
    if (run.until !== undefined && hasReached(run.progress.state, run.until)) return result(run, EXIT.done);
    const situation = await situationOf(run);
    const step = nextStep(situation);
    if (step.kind === 'done') return result(run, EXIT.done);
    await take(run, step, situation);
  }
}

async function take(
  run: Run,
  step: Exclude<CutoverStep, { kind: 'done' }>,
  situation: CutoverSituation,
): Promise<void> {
  switch (step.kind) {
    case 'audit':
      return audit(run, situation);
    case 'note':
      return write(run, step.note);
    case 'send': {
      const gates = await openGates(run, situation);
      return gates === null ? undefined : sendChange(run, step, write);
    }
    case 'pass':
      if (step.mode === 'final' && (await openGates(run, situation)) === null) return;
      await onePass(run, step.mode, write);
      if (step.mode === 'drain') await askResolvers(run);
      return;
    case 'wait':
      tell(run, step);
      return pause(run, step.until);
    case 'drifted':
      throw recordsChanged(step.views);
  }
}

async function audit(run: Run, situation: CutoverSituation): Promise<void> {
  const gates = await openGates(run, situation);
  if (gates === null) return;
  const facts = {
    ttl_seen: longestTtl(situation.sight),
    gates: Object.fromEntries(gates.map(({ id, status }) => [id, status])),
  };
  await write(run, { state: 'AUDITED', event: 'audited', facts });
}

/**
 * The gates before something is changed. Red stops the run; unknown too, while nothing was changed yet. After that an unknown gate
 * (a server that does not answer) is waited for: null, after a poll.
 */
async function openGates(run: Run, situation: CutoverSituation): Promise<Gate[] | null> {
  const gates = await askGates(situation, run.ports, run.signal);
  const closed = closedGates(gates);
  const { state } = run.progress;
  if (closed.length > 0 || state === 'DRAFT') run.emit({ type: 'cutover_gates', state, gates });
  if (closed.length === 0) return gates;
  if (state === 'DRAFT' || state === 'AUDITED' || closed.some(({ status }) => status === 'red'))
    throw gateClosed(closed);
  const why = closed.map((gate) => `${gate.id} ${gate.name} is ${gate.status}: ${gate.why}`).join('; ');
  const release = closed.map(({ fix }) => fix).join('; ');
  const wait = { kind: 'wait', waitingFor: `a gate to open: ${why}`, until: null, release } as const;
  tell(run, wait);
  await pause(run, null);
  return null;
}

async function situationOf(run: Run): Promise<CutoverSituation> {
  const { plan, progress, ports, signal } = run;
  const sight = await look(plan, ports, signal);
  return { plan, progress, sight, now: ports.now() };
}

function tell(run: Run, step: CutoverStep): void {
  const { waitingFor, until, release } = describeStep(step);
  const now = run.ports.now();
  const text = `${run.progress.state} ${waitingFor} ${until}`;
  if (run.told?.text === text && now - run.told.at < TELL_AGAIN_MS) return;
  run.told = { text, at: now };
  const { domains, settings } = run.plan;
  run.emit({
    type: 'cutover_waiting',
    state: run.progress.state,
    waiting_for: waitingFor,
    until: until === null ? null : new Date(until).toISOString(),
    release,
    rollback_cost: rollbackCost(run.progress, { domains, ttl: settings.ttl, floorMs: settings.resolver_floor }),
  });
}

/** Until the next poll, the end of the wait or the next pass, whatever comes first. */
async function pause(run: Run, until: number | null): Promise<void> {
  const { ports, plan, progress, signal } = run;
  const now = ports.now();
  const draining = progress.switchedAt !== null && progress.lastDrain !== null;
  const pass = draining ? (progress.lastDrain?.started ?? now) + plan.settings.drain.every : Number.POSITIVE_INFINITY;
  const next = Math.min(
    now + plan.settings.poll,
    until !== null && until > now ? until : Number.POSITIVE_INFINITY,
    pass,
  );
  await ports.sleep(Math.max(10, next - now), signal);
}

function hasReached(state: CutoverState, until: CutoverState): boolean {
  return CUTOVER_STATES.indexOf(state) >= CUTOVER_STATES.indexOf(until);
}

function result({ progress }: Run, exitCode: CutoverResult['exitCode']): CutoverResult {
  return { exitCode, state: progress.state, lateMessages: progress.lateMessages };
}
