import type { MovedMessage } from '@mxodus/model';
import { integer, integerOrNull, text } from '../../rows/columns.ts';
import { HOW_STORED } from '../../rows/how-stored.ts';
import type { LedgerFile } from '../ledger-file.ts';

/**
 * Messages have no index by pass: each message of a first copy would pay for it. New mail gets the highest UIDs of its folder, so what
 * these passes sent is the end of each folder, from the last message on that an earlier pass (`base`) knew. Mailboxes whose passes moved
 * nothing, which is nearly every one in nearly every minute of a drain, are not looked at.
 */
export const MOVED_BY = `
  with kinds (kind) as (select value from json_each(?2)),
  begun as (
    select id, address,
      coalesce((select passes.id from passes where mailbox_id = current_mailboxes.id and started_at < ?1
        order by passes.id desc limit 1), 0) as before
    from current_mailboxes),
  busy as materialized (
    select id, address, before,
      coalesce((select passes.id from passes where mailbox_id = begun.id and passes.id <= before
          and kind not in (select kind from kinds)
        order by passes.id desc limit 1), 0) as base
    from begun
    where exists (
      select 1 from passes where mailbox_id = begun.id and passes.id > before and kind in (select kind from kinds)
        and (finished_at is null or error is not null or moved_now > 0))),
  ends as materialized (
    select busy.id, busy.address, busy.before, folders.id as folder_id, folders.source, folders.uid_validity,
      coalesce((select uid from messages where folder_id = folders.id and pass_id <= busy.base
        order by uid desc limit 1), 0) as known
    from busy join folders on folders.mailbox_id = busy.id)
  select ends.address, ends.source, ends.uid_validity, messages.uid, messages.internal_date
  from ends
  cross join messages on messages.folder_id = ends.folder_id and messages.uid > ends.known
  cross join passes on passes.id = messages.pass_id
  where messages.pass_id > ends.before and messages.state = 'stored' and messages.adopted = ${HOW_STORED.sent}
    and passes.kind in (select kind from kinds)
  order by ends.address, ends.source, ends.folder_id, messages.uid`;

export function listMovedBy(
  file: LedgerFile,
  { kinds, since }: { kinds: readonly string[]; since: number },
): MovedMessage[] {
  const rows = file.all(MOVED_BY, new Date(since).toISOString(), JSON.stringify(kinds));
  return rows.map((row) => ({
    address: text(row, 'address'),
    folder: text(row, 'source'),
    uidValidity: integer(row, 'uid_validity'),
    uid: integer(row, 'uid'),
    internalDate: integerOrNull(row, 'internal_date'),
  }));
}
