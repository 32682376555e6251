import { setTimeout as sleep } from 'node:timers/promises';
import type { Wait } from '@mxodus/model';
import type { SyncContext } from './sync-context.ts';

/** Waits, and says in every view until when and why. */
export async function waiting(
  context: Pick<SyncContext, 'mailbox' | 'mailboxId' | 'ledger' | 'rules' | 'emit' | 'signal'>,
  { why, ms }: { why: string; ms: number },
): Promise<void> {
  const until = new Date(Date.now() + ms).toISOString();
  await noteWait(context, { why, until });
  try {
    await sleep(ms, undefined, { signal: context.signal });
  } finally {
    await noteWait(context, null);
  }
}

/** A wait began, or (null) is over. */
export async function noteWait(
  { mailbox, mailboxId, ledger, emit }: Pick<SyncContext, 'mailbox' | 'mailboxId' | 'ledger' | 'emit'>,
  wait: Wait | null,
): Promise<void> {
  const { why, until } = wait ?? { why: '', until: null };
  emit({ type: 'waiting', mailbox: mailbox.address, why, until, over: wait === null });
  await ledger.noteWait(mailboxId, wait);
}
