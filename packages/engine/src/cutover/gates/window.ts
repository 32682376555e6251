import type { Gate } from '@mxodus/model';
import { howFar } from '../settle.ts';
import type { CutoverSituation } from '../situation.ts';
import { groupsOf, isUnderWay, viewsOfGroup } from '../step.ts';
import { windowClosesAt, windowOpensAt } from '../window.ts';
import { earliestSwitch } from './safe-at.ts';

/** G9: the switch may happen now, or can in the window. Never waived: the window is in the config. */
export function windowGate(inputs: CutoverSituation): Gate {
  const gate = { id: 'G9', name: 'window' };
  const { window } = inputs.plan.settings;
  const opens = windowOpensAt(window);
  if (opens === null) return { ...gate, status: 'green', why: 'always open', fix: '' };
  const closes = windowClosesAt(window);
  if (isHalfSwitched(inputs)) {
    return { ...gate, status: 'green', why: 'the switch is half made: what is left is made now', fix: '' };
  }
  const fix = 'choose a later window in the config, then plan again';
  if (closes !== null && inputs.now >= closes) {
    return { ...gate, status: 'red', why: `closed at ${iso(closes)}, and the switch was not made`, fix };
  }
  const safe = inputs.progress.waits.lower?.safeAt ?? earliestSwitch(inputs);
  if (closes !== null && safe >= closes) {
    const why = `closes at ${iso(closes)}, before the old TTL runs out at ${iso(safe)}`;
    return { ...gate, status: 'red', why, fix };
  }
  if (safe > opens) {
    const why = `opens at ${iso(opens)}, but the old TTL runs out only at ${iso(safe)}: the switch comes then`;
    return { ...gate, status: 'amber', why, fix: 'choose a later window, or accept the later switch' };
  }
  if (inputs.now >= opens) return { ...gate, status: 'green', why: `open since ${iso(opens)}`, fix: '' };
  return {
    ...gate,
    status: 'amber',
    why: `opens at ${iso(opens)}`,
    fix: 'only time helps, or an earlier window in a new plan',
  };
}

/** A provider that is not atomic was cut off in the middle: that is worse than a switch outside the window. */
function isHalfSwitched(inputs: CutoverSituation): boolean {
  return (
    isUnderWay('switch', inputs) &&
    groupsOf('switch', inputs).some((group) => howFar(viewsOfGroup(group, inputs)) === 'half')
  );
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
