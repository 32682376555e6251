import { invariant, type Ledger } from '@mxodus/model';
import type { Backwards } from '../sync/sync-context.ts';
import { type SyncOptions, type SyncResult, syncPlan } from '../sync/sync-plan.ts';
import { noteCopies } from './note-copies.ts';
import { reversePlan } from './reverse-plan.ts';
import { lookAgain, REVERSE, tellForward, tellFound } from './tell-forward.ts';

export interface ReverseOptions
  extends Omit<SyncOptions, 'ledger' | 'appendOnly' | 'backwards' | 'kind' | 'onlyFailed' | 'dryRun'> {
  /** Of the passes that copied from the old side to the new one. */
  forward: Ledger;
  /** Of the passes back, and of these alone; another file. */
  ledger: Ledger;
}

/**
 * After a rollback: copies what is at the new side and not at the old one into the old mailboxes, each message once, with its flags and its
 * date, into the folder it belongs in. Nothing else is changed there.
 *
 *   at the new side                                          then
 *   a copy, where it was put                                 nothing
 *   a copy its user moved, or deleted                        nothing
 *   a message the old side has in any folder                 nothing
 *   any other: delivered, sent, drafted, filed there         copied back, and the forward ledger is told
 *
 * The same passes as always, with the plan turned round and a ledger of its own. `plan`, `accounts` and `only` are those of the way forward.
 * Cut off anywhere, the next pass goes on; a lost ledger of either way loses and doubles nothing.
 */
export async function reversePass(options: ReverseOptions): Promise<SyncResult> {
  const { forward, plan, accounts, only = () => true } = options;
  const { plan: back, ways } = await reversePlan(plan, forward);
  const byAddress = new Map(ways.map((way) => [way.mailbox.address, way]));
  const wayOf = ({ address }: { address: string }) => {
    const way = byAddress.get(address);
    invariant(way !== undefined, `${address} is a mailbox of the way back`);
    return way;
  };
  return syncPlan({
    ...options,
    plan: back,
    accounts: (mailbox, onWait) => {
      const { source, destination } = accounts(wayOf(mailbox).forward, onWait);
      return { source: destination, destination: source };
    },
    only: (mailbox) => only(wayOf(mailbox).forward),
    appendOnly: () => true,
    kind: REVERSE,
    backwards: (mailbox): Backwards => {
      const { forward: own, siblings } = wayOf(mailbox);
      const told = { ledger: forward, mailbox: own, plan, now: options.now };
      return {
        begin: (context, tasks) => noteCopies(context, tasks, { forward, mailbox: own, siblings }),
        beforeSending: (folder) => lookAgain(told, folder),
        foundElsewhere: (context, found) => tellFound(context, told, found),
        end: (context) => tellForward(context, told),
      };
    },
  });
}
