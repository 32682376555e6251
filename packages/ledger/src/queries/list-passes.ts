import { noMessages, type PassRow } from '@mxodus/model';
import type { Kysely } from 'kysely';
import type { LedgerSchema } from '../schema.ts';
import { bucketsOf } from './bucket-columns.ts';
import { currentMailboxes } from './current.ts';

/** For each mailbox the last pass, and the last complete one (finished, no error) where that is another; oldest first. */
export async function listPasses(db: Kysely<LedgerSchema>): Promise<PassRow[]> {
  const last = db
    .selectFrom('passes')
    .select(({ fn }) => fn.max('id').as('id'))
    .groupBy('mailbox_id');
  const complete = last.where('finished_at', 'is not', null).where('error', 'is', null);
  const rows = await currentMailboxes(db)
    .innerJoin('passes', 'passes.mailbox_id', 'mailboxes.id')
    .where(({ or, eb }) => or([eb('passes.id', 'in', last), eb('passes.id', 'in', complete)]))
    .orderBy('passes.id')
    .selectAll('passes')
    .select('mailboxes.address')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    address: row.address,
    kind: row.kind,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    exitCode: row.exit_code ?? 0,
    sourceMessages: row.source_messages ?? 0,
    buckets: bucketsOf(row) ?? noMessages(),
    destinationWrites: row.destination_writes ?? 0,
    bytes: row.bytes ?? 0,
    flagsChanged: row.flags_changed ?? 0,
    error: row.error,
  }));
}
