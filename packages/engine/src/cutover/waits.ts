import type { ChangePhase } from '@mxodus/model';
import type { ChangeStatus } from './progress.ts';
import { rrsetNameText, serverText } from './rrset-text.ts';
import type { ServerView } from './sight.ts';
import type { CutoverSituation } from './situation.ts';
import type { CutoverStep } from './step.ts';
import { windowOpensAt } from './window.ts';

/** What a cutover waits for, until when, and who can release it. */

const ONLY_TIME = 'only time: caches keep what they have';

const REPLACED: Readonly<Record<ChangePhase, string>> = {
  stage: 'the absence of the staged records',
  lower: 'the old TTL',
  switch: 'the old records',
  restore: 'the low TTL',
  unswitch: 'the new records',
  unlower: 'the low TTL',
  unstage: 'the staged records',
};

export function cacheWait(phase: ChangePhase, { progress, now }: CutoverSituation): CutoverStep | null {
  const wait = progress.waits[phase];
  if (wait === undefined || now >= wait.safeAt) return null;
  return {
    kind: 'wait',
    waitingFor: `${REPLACED[phase]} to run out of every cache: ${wait.arithmetic}`,
    until: wait.safeAt,
    release: ONLY_TIME,
  };
}

/** A cache that holds the old address of a new mail host sends mail there. */
export function addressWait({ progress, now }: CutoverSituation): CutoverStep | null {
  const last = progress.addresses.toSorted((a, b) => b.safeAt - a.safeAt)[0];
  if (last === undefined || now >= last.safeAt) return null;
  return {
    kind: 'wait',
    waitingFor: `the old address of ${last.host} to run out of every cache: ${last.arithmetic}`,
    until: last.safeAt,
    release: ONLY_TIME,
  };
}

export function windowWait({ plan, now }: CutoverSituation): CutoverStep | null {
  const opens = windowOpensAt(plan.settings.window);
  if (opens === null || now >= opens) return null;
  return {
    kind: 'wait',
    waitingFor: 'the window to open',
    until: opens,
    release: 'only time; or a new plan with an earlier window',
  };
}

export function heldWait({ progress }: CutoverSituation): CutoverStep {
  const held = progress.held === null ? '' : ` (held by ${progress.held.by}: ${progress.held.why})`;
  return {
    kind: 'wait',
    waitingFor: `a person to release it${held}`,
    until: null,
    release: 'mxodus cutover release PLAN',
  };
}

/** For the servers, or the person, that a change hangs on. */
export function serversWait(
  views: readonly ServerView[],
  { zone, status }: { zone: string; status: ChangeStatus },
): CutoverStep {
  const missing = views.filter(({ seen }) => seen !== 'pending');
  const what = missing.map((view) => `${rrsetNameText(view)} at ${serverText(view.server)}: ${view.text}`).join('; ');
  const servers = `whoever runs ${[...new Set(missing.map(({ server }) => serverText(server)))].join(', ')}`;
  const wait = { kind: 'wait', until: null } as const;
  if (status.kind === 'asked') {
    const waitingFor = `the change in the zone ${zone} to be made by hand (${what})`;
    return { ...wait, waitingFor, release: `whoever can edit the zone ${zone}` };
  }
  if (status.kind === 'intended') {
    const waitingFor = `every server to answer, to see whether the change was made (${what})`;
    return { ...wait, waitingFor, release: 'whoever runs the servers that do not answer' };
  }
  if (views.every(({ seen }) => seen === 'settled')) {
    const waitingFor = `the servers to serve the change: the provider of ${zone} said it was made, and none of them serves it (${what})`;
    return { ...wait, waitingFor, release: `${servers}, or the provider: its zone may not be the one that is served` };
  }
  return { ...wait, waitingFor: `every authoritative server to serve the change (${what})`, release: servers };
}
