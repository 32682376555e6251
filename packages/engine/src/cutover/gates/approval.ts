import type { Gate } from '@mxodus/model';
import type { CutoverSituation } from '../situation.ts';

/** G10: a person said that it may be done, and to which plan. It closes nothing: without the go-ahead nothing runs at all. */
export function approvalGate({ plan, progress }: CutoverSituation): Gate {
  const gate = { id: 'G10', name: 'approval' };
  const fix = `run with --approve ${plan.sha256.slice(0, 12)} to tie it to this plan`;
  if (progress.approved === null) return { ...gate, status: 'amber', why: 'nobody has run it with --execute yet', fix };
  const { by, hashGiven } = progress.approved;
  if (!hashGiven) return { ...gate, status: 'amber', why: `by --execute alone (${by})`, fix };
  return { ...gate, status: 'green', why: `${by} approved this plan by its hash`, fix: '' };
}
