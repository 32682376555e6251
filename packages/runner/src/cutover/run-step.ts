import { type CutoverSituation, type CutoverStep, closedGates, duePass, nextStep, oldestTtl } from '@mxodus/engine';
import { type Gate, MxodusError } from '@mxodus/model';
import { askGates, type FactsMode } from './ask-gates.ts';
import { gateClosed, recordsChanged } from './cutover-errors.ts';
import { noteLateMail } from './late-mail.ts';
import { pinOldHost, routeDomain } from './old-host-routing.ts';
import { onePass } from './one-pass.ts';
import type { PassMode } from './ports.ts';
import { takeRequests } from './requests.ts';
import { askResolvers } from './resolver-evidence.ts';
import { type Run, write } from './run-context.ts';
import { sendChange } from './send-change.ts';
import { pause, tell, tellGates } from './wait.ts';

/** Does one step of a cutover. What changes something is in the journal first. */
export async function takeStep(
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
      if ((await openGates(run, situation, factsFor(run))) === null) return;
      // Asking the gates takes its time: a hold that came meanwhile holds this change too.
      if (await takeRequests(run)) return;
      if (step.phase === 'switch') await pinOldHost(run, write);
      return sendOrWait(run, step, situation);
    }
    case 'route':
      return routeDomain(run, step, write);
    case 'pass':
      // Asked anew once: while a gate stays closed not every host is asked for every address at each poll.
      if (step.mode === 'final' && (await openGates(run, situation, run.gates === null ? 'anew' : 'ask')) === null)
        return;
      return pass(run, step.mode);
    case 'wait':
      tell(run, step);
      return pause(run, step.until);
    case 'drifted':
      await makeDuePass(run, situation);
      throw recordsChanged(step.views);
  }
}

/** Right before the switch all is asked again; a rollback waits for no mail host's answer. */
function factsFor({ progress }: Run): FactsMode {
  if (progress.state === 'FROZEN') return 'ask';
  return progress.state === 'ROLLING_BACK' ? 'read' : 'known';
}

/**
 * Once mail may come to both sides trouble with one provider stops neither the passes nor the way back of another zone. Where it does not
 * answer the change is in doubt, and the next look resolves it; where it refuses the run ends, but not before the others had their turn.
 */
async function sendOrWait(
  run: Run,
  step: Extract<CutoverStep, { kind: 'send' }>,
  situation: CutoverSituation,
): Promise<void> {
  try {
    await sendChange(run, step, write);
  } catch (error) {
    if (!(error instanceof MxodusError) || !isSplit(run)) throw error;
    const now = { ...situation, progress: run.progress };
    if (error.code !== 'DNS_UNREACHABLE') {
      const next = nextStep(now);
      if (next.kind === 'send' && next.phase === step.phase && next.group.zone !== step.group.zone) return;
      await makeDuePass(run, now);
      throw error;
    }
    if (await makeDuePass(run, now)) return;
    const waitingFor = `the provider of ${step.group.zone} to answer: ${error.what}: ${error.why}`;
    tell(run, { kind: 'wait', waitingFor, until: null, release: error.advice });
    await pause(run, null);
  }
}

function isSplit({ progress }: Run): boolean {
  return progress.switchedAt !== null || progress.state === 'ROLLING_BACK';
}

async function pass(run: Run, mode: PassMode): Promise<void> {
  const started = run.ports.now();
  await onePass(run, mode, write);
  if (mode !== 'drain') return;
  await noteLateMail(run, started);
  await askResolvers(run);
}

async function audit(run: Run, situation: CutoverSituation): Promise<void> {
  const gates = await openGates(run, situation, 'anew');
  if (gates === null) return;
  const waived = gates.flatMap((gate) => (gate.waived === undefined ? [] : [{ gate: gate.id, ...gate.waived }]));
  const facts = {
    ttl_seen: oldestTtl(situation),
    gates: Object.fromEntries(gates.map(({ id, status }) => [id, status])),
    ...(waived.length === 0 ? {} : { waived }),
  };
  await write(run, { state: 'AUDITED', event: 'audited', facts });
}

/** Late mail is fetched whatever else is wrong. Whether one was made. */
async function makeDuePass(run: Run, situation: CutoverSituation): Promise<boolean> {
  const due = duePass(situation);
  if (due?.kind !== 'pass') return false;
  await pass(run, due.mode);
  return true;
}

/**
 * The gates before something is changed. null, after a poll or after the pass that is due: one is closed and is waited for.
 *
 *   until                  red    unknown
 *   the first change       stops  stops
 *   the switch             stops  is waited for: a server that does not answer
 *   the end                is waited for, with passes: a run that stopped would fetch no late mail
 */
async function openGates(run: Run, situation: CutoverSituation, facts: FactsMode): Promise<Gate[] | null> {
  const gates = await askGates(situation, run.ports, { facts, signal: run.signal });
  const closed = closedGates(gates);
  const { state } = run.progress;
  if (closed.length > 0 || state === 'DRAFT') tellGates(run, gates);
  if (closed.length === 0) {
    run.gates = null;
    return gates;
  }
  const isBegun = state !== 'DRAFT' && state !== 'AUDITED';
  const isSwitched = run.progress.switchedAt !== null;
  if (!isBegun || (!isSwitched && closed.some(({ status }) => status === 'red'))) throw gateClosed(closed);
  if (await makeDuePass(run, situation)) return null;
  const why = closed.map((gate) => `${gate.id} ${gate.name} is ${gate.status}: ${gate.why}`).join('; ');
  const release = closed.map(({ fix }) => fix).join('; ');
  tell(run, { kind: 'wait', waitingFor: `a gate to open: ${why}`, until: null, release });
  await pause(run, null);
  return null;
}
