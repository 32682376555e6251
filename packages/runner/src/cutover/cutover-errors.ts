import { type CutoverPlan, rrsetNameText, type ServerView, serverText } from '@mxodus/engine';
import { type CutoverState, type Gate, MxodusError } from '@mxodus/model';

export function gateClosed(closed: readonly Gate[]): MxodusError {
  return new MxodusError('GATE_CLOSED', {
    what: `the cutover is stopped by ${closed.map(({ id, name, status }) => `${id} ${name} (${status})`).join(', ')}`,
    why: closed.map(({ id, why }) => `${id}: ${why}`).join('; '),
    advice: `${closed.map(({ id, fix }) => `${id}: ${fix}`).join('; ')}; then run the same command`,
  });
}

export function recordsChanged(views: readonly ServerView[]): MxodusError {
  const live = views.map((view) => `${rrsetNameText(view)} at ${serverText(view.server)}: ${view.text}`);
  return new MxodusError('DNS_CHANGED', {
    what: `the records are not what the plan and the journal say (${live.join('; ')})`,
    why: 'somebody or something else changed them; mxodus changed nothing',
    advice: 'put them back and run the same command, or make a new plan if nothing was switched yet',
  });
}

export function guardFailed(change: { rrsets: readonly string[]; why: string; again: boolean }): MxodusError {
  return new MxodusError('DNS_CHANGED', {
    what: `${change.rrsets.join(', ')}: changed by somebody else in this moment`,
    why: `${change.why}; ${change.again ? 'the part of the change that was made before stays' : 'nothing was changed'}`,
    advice: 'put the records back and run the same command, or make a new plan if nothing was switched yet',
  });
}

export function wrongApproval({ sha256 }: CutoverPlan, approve: string): MxodusError {
  return new MxodusError('GATE_CLOSED', {
    what: `the approval is for "${approve}", the plan is ${sha256.slice(0, 12)}`,
    why: '--approve ties a run to one plan: its hash, or at least the first 6 characters of it',
    advice: 'look at the plan again; then approve its own hash',
  });
}

export function finalDeltaIncomplete(result: { inDoubt: number; complete: boolean }): MxodusError {
  return new MxodusError('GATE_CLOSED', {
    what: 'the final delta before the switch is not complete',
    why: result.complete ? `${result.inDoubt} messages are in doubt` : 'not every mailbox was gone through to its end',
    advice: 'run mxodus sync, see mxodus report; then run the same command',
  });
}

export function interrupted(state: CutoverState): MxodusError {
  return new MxodusError('INTERRUPTED', {
    what: `the cutover was stopped in state ${state}`,
    why: 'a signal asked for it; the journal is complete',
    advice: 'run the same command to go on',
  });
}
