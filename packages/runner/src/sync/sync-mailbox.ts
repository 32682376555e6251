import { comparePlanGround } from '@mxodus/engine';
import { type Buckets, EXIT, type ExitCode, MxodusError, type Plan } from '@mxodus/model';
import { isTemporary } from './is-temporary.ts';
import { mailboxPass } from './mailbox-pass.ts';
import type { SyncContext } from './sync-context.ts';
import type { Totals } from './totals.ts';
import { waiting } from './waiting.ts';

export interface MailboxResult {
  address: string;
  exitCode: ExitCode;
  sourceMessages: number;
  buckets: Buckets;
  destinationWrites: number;
  bytes: number;
  flagsChanged: number;
  error: MxodusError | null;
}

/** Attempts in a row that moved nothing before a pass gives up: pauses of 1, 2, 4, 8 and 16 seconds. */
const ATTEMPTS = 6;

/**
 * One pass over one mailbox. When a connection is lost, or the server asks for a pause, everything is opened anew and the pass goes
 * on with the folders it has not finished; the ledger knows what was done. As long as an attempt moves something there is another.
 */
export async function syncMailbox(context: SyncContext, plan: Plan, totals: Totals): Promise<void> {
  let onGround = false;
  for (let idle = 1; ; idle += 1) {
    const before = context.counters.sent;
    try {
      // Once: what is copied takes room from the quota the plan counted on.
      if (!onGround) await assertGround(context);
      onGround = true;
      return await mailboxPass(context, plan, totals);
    } catch (error) {
      await context.connections.close();
      context.signal.throwIfAborted();
      if (!isTemporary(error) || !(error instanceof MxodusError)) throw error;
      // A wrong host or port is told at once; who was there a moment ago is waited for.
      if (error.code === 'SERVER_UNREACHABLE' && !totals.begun) throw error;
      if (context.counters.sent > before) idle = 1;
      if (idle >= ATTEMPTS) throw error;
      await waiting(context, { why: `the connection is made anew: ${error.what}`, ms: 500 * 2 ** idle });
    }
  }
}

async function assertGround({ mailbox, connections }: SyncContext): Promise<void> {
  const destination = await connections.destination();
  const { capabilities, appendLimit } = destination.facts;
  const reasons = comparePlanGround(mailbox, { capabilities, appendLimit, quota: await destination.quota() });
  if (reasons.length === 0) return;
  throw new MxodusError('PLAN_STALE', {
    what: `the plan no longer holds for this mailbox: ${reasons.join('; ')}`,
    why: 'what it decided on has changed since it was made; nothing was sent',
    advice: 'plan again, look at what changed, then sync the new plan',
    where: mailbox.address,
  });
}

export function mailboxExitCode(buckets: Buckets, error: MxodusError | null): ExitCode {
  if (error !== null) return error.exitCode;
  return buckets.cannot + buckets.failed + buckets.in_doubt > 0 ? EXIT.notAllMoved : EXIT.done;
}
