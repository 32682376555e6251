import { type CutoverPlan, type CutoverProgress, foldJournal } from '@mxodus/engine';
import type { CutoverEvent, CutoverRequest, CutoverState, JournalEntry, JournalNote } from '@mxodus/model';
import type { CutoverJournal } from './journal-file.ts';
import { rollbackRefusal } from './planned-changes.ts';
import { progressOfPlan } from './progress-of-plan.ts';
import { type Run, write } from './run-context.ts';

/** Takes up what people asked for from other terminals. Returns whether the journal has something new. */
export async function takeRequests(run: Run): Promise<boolean> {
  let taken = false;
  for (const { id, request } of await run.ports.requests.waiting()) {
    const answer = isTaken(id, run.journal.entries) ? null : answerOf(request, run.progress, id);
    if (answer === null) {
      // Nothing to tell: a run that died took it, and could not remove it any more.
    } else if (typeof answer === 'string') {
      run.emit({ type: 'cutover_notice', text: `${request.kind}, asked for by ${request.by}: ${answer}` });
    } else {
      await write(run, answer);
      taken = true;
    }
    await run.ports.requests.done(id);
  }
  return taken;
}

/** Whether the journal has it: who asked for it may have asked for the opposite since. */
function isTaken(id: string, entries: readonly JournalEntry[]): boolean {
  return entries.some(({ facts }) => 'request' in facts && facts.request === id);
}

/** Whether a rollback is asked for before `until` aborts: nobody waits for a pass then. */
export async function rollbackAsked({ ports }: Run, until: AbortSignal): Promise<boolean> {
  while (!until.aborted) {
    const waiting = await ports.requests.waiting();
    if (waiting.some(({ request }) => request.kind === 'rollback')) return true;
    try {
      await ports.sleep(1000, until);
    } catch (error) {
      if (!until.aborted) throw error;
    }
  }
  return false;
}

export interface RequestOutcome {
  taken: boolean;
  state: CutoverState;
  /** Why it was not taken; null: it was. */
  why: string | null;
}

/** Writes a request into the journal itself: for when no run does. The caller holds the lock of the journal. */
export async function cutoverRequest(options: {
  plan: CutoverPlan;
  request: CutoverRequest;
  journal: CutoverJournal;
  now: number;
  emit: (event: CutoverEvent) => void;
}): Promise<RequestOutcome> {
  const { plan, request, journal, now, emit } = options;
  const progress = progressOfPlan(plan, journal.entries);
  const answer = answerOf(request, progress);
  if (typeof answer === 'string') return { taken: false, state: progress.state, why: answer };
  emit({ type: 'cutover_entry', ...(await journal.append(answer, now)) });
  return { taken: true, state: foldJournal(journal.entries).state, why: null };
}

/** The line a request becomes, or why it does not. @param id of the file it came in */
function answerOf(request: CutoverRequest, progress: CutoverProgress, id?: string): JournalNote | string {
  const { state, held, plan } = progress;
  const { by } = request;
  const from = id === undefined ? {} : { request: id };
  switch (request.kind) {
    case 'hold':
      if (plan === null) return 'no cutover of this plan was begun: there is nothing to hold';
      if (['RESTORED', 'CLOSED', 'ROLLED_BACK'].includes(state)) return `it is over (${state})`;
      if (held !== null) return `${held.by} holds it already: ${held.why}`;
      return { state, event: 'held', facts: { by, why: request.why, ...from } };
    case 'release':
      return held === null ? 'nobody holds it' : { state, event: 'released', facts: { by, ...from } };
    case 'rollback': {
      const refused = state === 'ROLLING_BACK' ? 'it is under way' : rollbackRefusal(progress);
      if (refused !== null) return refused;
      return { state: 'ROLLING_BACK', event: 'rolling_back', facts: { by, from: state, why: request.why, ...from } };
    }
  }
}
