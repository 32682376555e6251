import { setTimeout as pause } from 'node:timers/promises';
import { foldJournal } from '@mxodus/engine';
import { type CutoverRequest, type CutoverState, type JournalEntry, MxodusError } from '@mxodus/model';
import { cutoverRequest, leaveRequest, openJournal, requestBox } from '@mxodus/runner';
import { commandLine } from '../../views/next-step.ts';
import type { OpenedPlan } from '../open-plan.ts';
import type { Session } from '../session.ts';
import { cutoverPlan } from './opened-cutover.ts';

export interface RequestResult {
  /** In the journal; false: a run in another process has not looked yet. */
  isTaken: boolean;
  state: CutoverState;
}

/** A run looks for requests once a second, but a pass may be under way. */
const PATIENCE_MS = 10_000;
const LOOK_MS = 200;

/**
 * Brings a request into the journal: by itself where nobody works on the project, else by a file that the run takes up. Throws GATE_CLOSED
 * where it means nothing, such as a release of what is not held.
 */
export async function ask(session: Session, opened: OpenedPlan, request: CutoverRequest): Promise<RequestResult> {
  const { plan, project } = opened;
  try {
    const lease = await project.leases.acquire(plan.project);
    try {
      return await writeOurselves(session, opened, request);
    } finally {
      await lease.release();
    }
  } catch (error) {
    if (!(error instanceof MxodusError) || error.code !== 'BUSY') throw error;
    return askTheRun(session, opened, request);
  }
}

async function writeOurselves(
  { now, output }: Session,
  opened: OpenedPlan,
  request: CutoverRequest,
): Promise<RequestResult> {
  const journal = await openJournal(opened.project.journalPath);
  const { taken, state, why } = await cutoverRequest({
    ...{ plan: cutoverPlan(opened), request, journal, now: now().getTime() },
    emit: (event) => output.line(event),
  });
  if (taken) return { isTaken: true, state };
  throw nothingTo(opened, request.kind, why ?? 'it means nothing now');
}

/** Leaves the request to the run that works on the project, and waits a little whether it takes it up. */
export async function askTheRun(
  { now, signal }: Session,
  opened: OpenedPlan,
  request: CutoverRequest,
): Promise<RequestResult> {
  const { project } = opened;
  const { requests } = project.cutoverFiles;
  const before = (await project.journal()).length;
  const id = await leaveRequest(requests, { request, now: now().getTime() });
  const box = requestBox(requests);
  const isWaiting = async (): Promise<boolean> => (await box.waiting()).some((one) => one.id === id);
  const end = performance.now() + PATIENCE_MS;
  while ((await isWaiting()) && performance.now() < end) await pause(LOOK_MS, undefined, { signal });
  const entries = await project.journal();
  const { state } = foldJournal(entries);
  if (await isWaiting()) return { isTaken: false, state };
  if (entries.slice(before).some((entry) => answers(entry, request))) return { isTaken: true, state };
  throw nothingTo(opened, request.kind, whyNotTaken(entries, request));
}

/** The run that took the file away says why to its own terminal only. */
function whyNotTaken(entries: readonly JournalEntry[], { kind }: CutoverRequest): string {
  const { state, held } = foldJournal(entries);
  if (kind === 'release' && held === null) return `nobody holds it (state ${state})`;
  if (kind === 'hold' && held !== null) return `${held.by} holds it already: ${held.why}`;
  return `the run did not take it; it is in state ${state}`;
}

function answers({ event }: JournalEntry, { kind }: CutoverRequest): boolean {
  return event === ({ hold: 'held', release: 'released', rollback: 'rolling_back' } as const)[kind];
}

export const nothingTo = ({ words }: Pick<OpenedPlan, 'words'>, verb: string, why: string): MxodusError =>
  new MxodusError('GATE_CLOSED', {
    what: `there is nothing to ${verb}`,
    why,
    advice: `${commandLine('cutover status', words)} says how it stands`,
  });
