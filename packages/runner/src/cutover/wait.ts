import { type CutoverStep, describeStep, rollbackCost } from '@mxodus/engine';
import type { Gate } from '@mxodus/model';
import { takeRequests } from './requests.ts';
import type { Run } from './run-context.ts';

/** A wait is told when it changes, and this often, so that silence never means "hung?". */
const TELL_AGAIN_MS = 60_000;

/** What people ask from another terminal is taken up within this time. */
const REQUESTS_MS = 1000;

export function tell(run: Run, step: CutoverStep): void {
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

/** As waits: when one is another than before, and from time to time. */
export function tellGates(run: Run, gates: Gate[]): void {
  const now = run.ports.now();
  const { state } = run.progress;
  const text = `${state} ${gates.map(({ id, status, waived }) => `${id} ${status} ${waived === undefined}`).join(', ')}`;
  if (run.gates?.text === text && now - run.gates.at < TELL_AGAIN_MS) return;
  run.gates = { text, at: now };
  run.emit({ type: 'cutover_gates', state, gates });
}

/** Until the next poll, the end of the wait, the next pass or a request, whatever comes first. */
export async function pause(run: Run, until: number | null): Promise<void> {
  const { ports, plan, signal } = run;
  const now = ports.now();
  const ahead = [until ?? never, nextPass(run)].filter((time) => time > now);
  const next = Math.min(now + plan.settings.poll, ...ahead);
  const end = Math.max(now + 10, next);
  for (let left = end - now; left > 0; left = end - ports.now()) {
    await ports.sleep(Math.min(left, REQUESTS_MS), signal);
    if (await takeRequests(run)) return;
  }
}

const never = Number.POSITIVE_INFINITY;

function nextPass({ progress, plan }: Run): number {
  const last = progress.state === 'ROLLING_BACK' ? progress.lastReverse : progress.lastDrain;
  return progress.switchedAt === null || last === null ? never : last.started + plan.settings.drain.every;
}
