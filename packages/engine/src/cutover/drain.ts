import type { CutoverConfig } from '@mxodus/model';
import type { CutoverProgress } from './progress.ts';

/** When the drain is over if no more late mail comes; null before the switch. */
export function drainEnd(
  { switchedAt, lateAt }: CutoverProgress,
  { drain }: Pick<CutoverConfig, 'drain'>,
): number | null {
  if (switchedAt === null) return null;
  return Math.max(switchedAt + drain.at_least, (lateAt ?? switchedAt) + drain.quiet);
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
  if (lastDrain === null || lastDrain.clean) return null;
  return lastDrain.problem ?? 'not every mailbox was gone through, or messages are in doubt';
}
