import { type CutoverSituation, type CutoverStep, closedGates, duePass, oldestTtl } from '@mxodus/engine';
import type { Gate } from '@mxodus/model';
import { askGates, type FactsMode } from './ask-gates.ts';
import { gateClosed, recordsChanged } from './cutover-errors.ts';
import { noteLateMail } from './late-mail.ts';
import { pinOldHost, routeDomain } from './old-host-routing.ts';
import { onePass } from './one-pass.ts';
import type { PassMode } from './ports.ts';
import { askResolvers } from './resolver-evidence.ts';
import { type Run, write } from './run-context.ts';
import { sendChange } from './send-change.ts';
import { pause, tell } from './wait.ts';

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
      if (step.phase === 'switch') await pinOldHost(run, write);
      return sendChange(run, step, write);
    }
    case 'route':
      return routeDomain(run, step, write);
    case 'pass':
      if (step.mode === 'final' && (await openGates(run, situation, 'anew')) === null) return;
      return pass(run, step.mode);
    case 'wait':
      tell(run, step);
      return pause(run, step.until);
    case 'drifted':
      throw recordsChanged(step.views);
  }
}

/** Right before the switch all is asked again; a rollback waits for no mail host's answer. */
function factsFor({ progress }: Run): FactsMode {
  if (progress.state === 'FROZEN') return 'ask';
  return progress.state === 'ROLLING_BACK' ? 'read' : 'known';
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

/**
 * The gates before something is changed. Red stops the run; unknown too, while nothing was changed yet. After that an unknown gate
 * (a server that does not answer) is waited for: null, after a poll, or after the pass that is due meanwhile.
 */
async function openGates(run: Run, situation: CutoverSituation, facts: FactsMode): Promise<Gate[] | null> {
  const gates = await askGates(situation, run.ports, { facts, signal: run.signal });
  const closed = closedGates(gates);
  const { state } = run.progress;
  if (closed.length > 0 || state === 'DRAFT') run.emit({ type: 'cutover_gates', state, gates });
  if (closed.length === 0) return gates;
  if (state === 'DRAFT' || state === 'AUDITED' || closed.some(({ status }) => status === 'red'))
    throw gateClosed(closed);
  const why = closed.map((gate) => `${gate.id} ${gate.name} is ${gate.status}: ${gate.why}`).join('; ');
  const release = closed.map(({ fix }) => fix).join('; ');
  tell(run, { kind: 'wait', waitingFor: `a gate to open: ${why}`, until: null, release });
  const due = duePass(situation);
  if (due?.kind === 'pass') await pass(run, due.mode);
  else await pause(run, null);
  return null;
}
