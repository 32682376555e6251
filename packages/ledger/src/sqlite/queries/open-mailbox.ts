import { invariant, type MailboxKey } from '@mxodus/model';
import { integer } from '../../rows/columns.ts';
import type { LedgerFile } from '../ledger-file.ts';

/** Makes the mailbox where it is not there, and the current one of its address; writes nothing when it is that already. */
export function openMailbox(file: LedgerFile, { address, source, destination }: MailboxKey): number {
  const current = file.get(
    `select mailboxes.id from mailboxes join current_mailboxes on current_mailboxes.id = mailboxes.id
     where mailboxes.address = ? and mailboxes.source = ? and mailboxes.destination = ?`,
    address,
    source,
    destination,
  );
  if (current !== undefined) return integer(current, 'id');
  const opened = file.durably(() =>
    file.get(
      `insert into mailboxes (address, source, destination, opened)
       values (?, ?, ?, (select coalesce(max(opened), 0) + 1 from mailboxes))
       on conflict (address, source, destination) do update set opened = excluded.opened
       returning id`,
      address,
      source,
      destination,
    ),
  );
  invariant(opened !== undefined, 'an opened mailbox has a row');
  return integer(opened, 'id');
}
