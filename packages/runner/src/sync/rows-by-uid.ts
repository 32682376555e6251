import type { LedgerMessage } from '@mxodus/model';
import type { SyncContext } from './sync-context.ts';

/** What the ledger knows of a folder's messages. */
export async function rowsByUid(context: SyncContext, ledgerId: number): Promise<Map<number, LedgerMessage>> {
  return new Map((await context.ledger.messages(ledgerId)).map((row) => [row.uid, row]));
}
