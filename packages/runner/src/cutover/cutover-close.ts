import { moves } from '@mxodus/engine';
import { EXIT, MxodusError } from '@mxodus/model';
import { type CutoverResult, orInterrupted, runOf } from './cutover-run.ts';
import { noteLateMail } from './late-mail.ts';
import { routeDomain } from './old-host-routing.ts';
import { onePass } from './one-pass.ts';
import { assertDomains, progressOfPlan } from './progress-of-plan.ts';
import { type CutoverRunOptions, type Run, write } from './run-context.ts';

/**
 * Ends a cutover for good, where its owner says so: a last pass has to find the old servers quiet, then the old host is told to send
 * mail of the domains away. There is no rollback after this. Without `execute` nothing is done, exit 8.
 */
export async function cutoverClose(options: CutoverRunOptions): Promise<CutoverResult> {
  const { plan, journal, execute } = options;
  assertDomains(plan);
  const found = progressOfPlan(plan, journal.entries);
  const { state, lateMessages } = found;
  if (state === 'CLOSED') return { exitCode: EXIT.done, state, lateMessages };
  if (state !== 'RESTORED') throw notOver(state);
  if (!execute) return { exitCode: EXIT.changesPending, state, lateMessages };
  const run = runOf(options, found);
  return orInterrupted(run, async () => {
    await lastLook(run);
    await assertNothingLeft(run);
    for (const { domain } of run.ports.oldHost === null ? [] : plan.domains.filter(moves)) {
      const known = run.progress.pinned.get(domain);
      if (known?.routing !== 'remote') await routeDomain(run, { domain, routing: 'remote' }, write);
    }
    await write(run, { state: 'CLOSED', event: 'entered', facts: {} });
    return { exitCode: EXIT.done, state: run.progress.state, lateMessages: run.progress.lateMessages };
  });
}

async function lastLook(run: Run): Promise<void> {
  const started = run.ports.now();
  await onePass(run, 'drain', write);
  await noteLateMail(run, started);
  const { lastDrain } = run.progress;
  if (lastDrain?.clean === true && lastDrain.movedNow === 0) return;
  throw new MxodusError('GATE_CLOSED', {
    what: 'the old servers are not quiet: the cutover is not closed',
    why:
      lastDrain?.clean === true
        ? `the last look fetched ${lastDrain.movedNow} messages; they are at the new servers now`
        : `the last look proves nothing: ${lastDrain?.problem ?? 'not every mailbox was gone through'}`,
    advice: 'see in the late-mail ledger who still sends there and tell them; then close it again',
  });
}

/** After this the old servers may be switched off, and what is only there is gone. */
async function assertNothingLeft({ ports, signal }: Run): Promise<void> {
  const left = (await ports.backlog(signal)).filter(({ failed, inDoubt }) => failed + inDoubt > 0);
  if (left.length === 0) return;
  throw new MxodusError('GATE_CLOSED', {
    what: 'messages are still at the old servers only: the cutover is not closed',
    why: left.map(({ mailbox, failed, inDoubt }) => `${mailbox}: ${failed} failed, ${inDoubt} in doubt`).join('; '),
    advice:
      'see mxodus report; repair it and run mxodus sync, or move them by hand and delete them at the old server; then close it again',
  });
}

function notOver(state: string): MxodusError {
  return new MxodusError('GATE_CLOSED', {
    what: `the cutover is in state ${state}: it cannot be closed`,
    why: 'only one that is RESTORED is over; before that mail may still reach the old servers',
    advice:
      state === 'ROLLED_BACK'
        ? 'there is nothing to close: mail goes to the old servers'
        : 'run mxodus cutover run PLAN --execute to its end first',
  });
}
