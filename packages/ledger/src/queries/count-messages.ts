import type { MessageState, StateCounts } from '@mxodus/model';
import type { Kysely } from 'kysely';
import type { LedgerSchema } from '../schema.ts';
import { currentFolders } from './current.ts';

/** Messages of one mailbox in the states, over its folders as they are now. */
export async function countMessages(
  db: Kysely<LedgerSchema>,
  mailboxId: number,
  states: readonly MessageState[],
): Promise<number> {
  const { count } = await currentFolders(db)
    .innerJoin('messages', 'messages.folder_id', 'folders.id')
    .where('mailboxes.id', '=', mailboxId)
    .where('messages.state', 'in', states)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

export async function countStates(db: Kysely<LedgerSchema>): Promise<StateCounts[]> {
  const rows = await currentFolders(db)
    .leftJoin('messages', 'messages.folder_id', 'folders.id')
    .groupBy(['mailboxes.address', 'messages.state'])
    .orderBy('mailboxes.address')
    .select(({ fn }) => ['mailboxes.address', 'messages.state', fn.count<number>('messages.uid').as('count')])
    .execute();
  const byAddress = new Map<string, StateCounts>();
  for (const { address, state, count } of rows) {
    const counts = byAddress.get(address) ?? { address, intent: 0, stored: 0, cannot: 0, failed: 0 };
    if (state !== null) counts[state] = Number(count);
    byAddress.set(address, counts);
  }
  return [...byAddress.values()];
}
