import type { CutoverStatus, Gate } from '@mxodus/model';
import { nextStep } from './next-step.ts';
import { advance } from './progress.ts';
import { rollbackCost } from './rollback-cost.ts';
import { rrsetNameText, serverText } from './rrset-text.ts';
import type { CutoverSituation } from './situation.ts';
import type { CutoverStep } from './step.ts';
import { heldWait } from './waits.ts';

/** State, what is waited for, until when, who can release it, what a rollback costs now. */
export function cutoverStatus(situation: CutoverSituation, gates: Gate[]): CutoverStatus {
  const { progress, plan } = situation;
  const { waitingFor, until, release } = describeStep(told(situation));
  return {
    v: 1,
    type: 'cutover_status',
    state: progress.state,
    done: ['RESTORED', 'CLOSED', 'ROLLED_BACK'].includes(progress.state),
    waiting_for: waitingFor,
    until: until === null ? null : new Date(until).toISOString(),
    release,
    rollback_cost: rollbackCost(progress, {
      domains: plan.domains,
      ttl: plan.settings.ttl,
      floorMs: plan.settings.resolver_floor,
    }),
    held: progress.held !== null,
    gates,
  };
}

/** While a person holds it that is what it waits for, whatever pass is due. */
function told(situation: CutoverSituation): CutoverStep {
  const step = nextAct(situation);
  return situation.progress.held !== null && step.kind === 'pass' ? heldWait(situation) : step;
}

/** The next step that is more than a line in the journal, as if those lines were written now. */
function nextAct(situation: CutoverSituation): CutoverStep {
  let { progress } = situation;
  const time = new Date(situation.now).toISOString();
  for (;;) {
    const step = nextStep({ ...situation, progress });
    if (step.kind !== 'note') return step;
    progress = advance(progress, { seq: 0, time, prev: '', ...step.note });
  }
}

/** A step in words. */
export function describeStep(step: CutoverStep): { waitingFor: string; until: number | null; release: string } {
  const goOn = 'mxodus cutover run PLAN --execute';
  switch (step.kind) {
    case 'wait':
      return step;
    case 'audit':
      return { waitingFor: 'the go-ahead', until: null, release: goOn };
    case 'note':
      return { waitingFor: 'nothing: the run goes on at once', until: null, release: goOn };
    case 'send': {
      const names = step.group.changes.map(({ name, type }) => `${name} ${type}`).join(', ');
      return { waitingFor: `the change "${step.phase}" of ${names} to be made`, until: null, release: goOn };
    }
    case 'pass':
      return { waitingFor: `the ${step.mode === 'final' ? 'final delta' : 'next pass'}`, until: null, release: goOn };
    case 'route':
      return { waitingFor: `the old host to treat mail of ${step.domain} as before`, until: null, release: goOn };
    case 'drifted': {
      const what = step.views.map((view) => `${rrsetNameText(view)} at ${serverText(view.server)}: ${view.text}`);
      return {
        waitingFor: `records that somebody else changed to be put back (${what.join('; ')})`,
        until: null,
        release: 'whoever changed them, or a new plan',
      };
    }
    case 'done':
      return { waitingFor: 'nothing: the cutover is over', until: null, release: 'nobody: done' };
  }
}
