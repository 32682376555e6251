import type { Gate } from '@mxodus/model';
import type { CutoverSituation } from '../situation.ts';
import { about, allViews } from './views.ts';

/** G11: every authoritative server serves what the provider said it made. Never waived: a server that does not sends mail away. */
export function readBackGate(inputs: CutoverSituation): Gate {
  const gate = { id: 'G11', name: 'read-back', fix: 'wait for the zone transfer, or repair the server that lags' };
  const phase = inputs.progress.rollingBack === null ? 'switch' : 'unswitch';
  const old = allViews(inputs).filter(({ seen }) => seen !== 'pending' && seen !== 'other');
  const silent = old.find(({ seen }) => seen === 'unknown');
  if (silent !== undefined) return { ...gate, status: 'unknown', why: `${about(silent)}: ${silent.text}` };
  const timed = inputs.progress.waits[phase] !== undefined;
  const behind = old.find(({ seen }) => seen === 'previous' || seen === 'lagging' || !timed);
  if (behind !== undefined) return { ...gate, status: 'amber', why: `${about(behind)}: ${behind.text}` };
  const what = phase === 'switch' ? 'new' : 'old';
  return { ...gate, status: 'green', why: `every authoritative server serves the ${what} records`, fix: '' };
}
