import { invariant, type PassResult } from '@mxodus/model';
import type { Kysely } from 'kysely';
import type { LedgerSchema } from '../schema.ts';

export async function finishPass(
  db: Kysely<LedgerSchema>,
  passId: number,
  result: PassResult & { finishedAt: string },
): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('passes')
    .set({
      ...result.buckets,
      finished_at: result.finishedAt,
      exit_code: result.exitCode,
      source_messages: result.sourceMessages,
      destination_writes: result.destinationWrites,
      bytes: result.bytes,
      flags_changed: result.flagsChanged,
      error: result.error,
    })
    .where('id', '=', passId)
    .where('finished_at', 'is', null)
    .executeTakeFirstOrThrow();
  invariant(numUpdatedRows === 1n, `pass ${passId} is not a running pass`);
}
