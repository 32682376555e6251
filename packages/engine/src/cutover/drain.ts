import type { CutoverConfig } from '@mxodus/model';
import type { CutoverProgress, PassFacts } from './progress.ts';

/** When the drain is over if no more late mail comes; null before the switch. */
export function drainEnd(
  { switchedAt, lastSwitchedAt, lateAt }: CutoverProgress,
  { drain }: Pick<CutoverConfig, 'drain'>,
): number | null {
  if (switchedAt === null) return null;
  const since = lastSwitchedAt ?? switchedAt;
  return Math.max(since + drain.at_least, Math.max(lateAt ?? since, since) + drain.quiet);
}

/** Whether the next drain pass is due: every so often, and once more when the time is up. */
export function drainDue(progress: CutoverProgress, settings: Pick<CutoverConfig, 'drain'>, now: number): boolean {
  const last = progress.lastDrain;
  if (last === null || now - last.started >= settings.drain.every) return true;
  const end = drainEnd(progress, settings);
  return end !== null && now >= end && last.started < end;
}

/** Over only when a clean pass that began after the end found nothing more: a pass that failed proves nothing. */
export function drainOver(progress: CutoverProgress, settings: Pick<CutoverConfig, 'drain'>): boolean {
  const end = drainEnd(progress, settings);
  return end !== null && progress.lastCleanDrain !== null && progress.lastCleanDrain.started >= end;
}

/** Why the last drain pass proves no quiet; null: it does. */
export function drainProblem({ lastDrain }: CutoverProgress): string | null {
  return problemOf(lastDrain);
}

/** Whether the next pass from the new side back to the old is due. */
export function reverseDue(
  { lastReverse, waits }: CutoverProgress,
  { drain }: Pick<CutoverConfig, 'drain'>,
  now: number,
): boolean {
  if (lastReverse === null || now - lastReverse.started >= drain.every) return true;
  const end = waits.unswitch?.safeAt;
  return end !== undefined && now >= end && lastReverse.started < end;
}

/** Over when the new records are out of every cache and a clean pass that began after that found nothing more. */
export function reverseOver({ lastCleanReverse, waits }: CutoverProgress): boolean {
  const end = waits.unswitch?.safeAt;
  return (
    end !== undefined && lastCleanReverse !== null && lastCleanReverse.started >= end && lastCleanReverse.movedNow === 0
  );
}

/** Why the last pass back proves nothing; null: it does. */
export function reverseProblem({ lastReverse }: CutoverProgress): string | null {
  return problemOf(lastReverse);
}

function problemOf(pass: PassFacts | null): string | null {
  if (pass === null || pass.clean) return null;
  return pass.problem ?? 'not every mailbox was gone through, or messages are in doubt';
}
