import { noMessages, type PassRow } from '@mxodus/model';
import { bucketsOf } from '../../rows/buckets.ts';
import { integer, integerOrNull, text, textOrNull } from '../../rows/columns.ts';
import type { LedgerFile } from '../ledger-file.ts';

/** For each mailbox the last pass, and the last complete one (finished, no error) where that is another; oldest first. */
export function listPasses(file: LedgerFile): PassRow[] {
  const rows = file.all(
    `select passes.*, current_mailboxes.address
     from current_mailboxes
     join passes on passes.id in (
       (select max(id) from passes where mailbox_id = current_mailboxes.id),
       (select id from passes
        where mailbox_id = current_mailboxes.id and finished_at is not null and error is null
        order by id desc limit 1))
     order by passes.id`,
  );
  return rows.map((row) => ({
    id: integer(row, 'id'),
    address: text(row, 'address'),
    kind: text(row, 'kind'),
    startedAt: text(row, 'started_at'),
    finishedAt: textOrNull(row, 'finished_at'),
    exitCode: integerOrNull(row, 'exit_code') ?? 0,
    sourceMessages: integerOrNull(row, 'source_messages') ?? 0,
    buckets: bucketsOf(row) ?? noMessages(),
    destinationWrites: integerOrNull(row, 'destination_writes') ?? 0,
    bytes: integerOrNull(row, 'bytes') ?? 0,
    flagsChanged: integerOrNull(row, 'flags_changed') ?? 0,
    error: textOrNull(row, 'error'),
  }));
}
