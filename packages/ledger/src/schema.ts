import type { MessageState } from '@mxodus/model';
import type { Generated } from 'kysely';

/** The tables, as Kysely sees them. Only what SQLite and Postgres share: integers, text and blobs. */

export interface BucketColumns {
  already_there: number | null;
  moved_before: number | null;
  moved_now: number | null;
  cannot: number | null;
  failed: number | null;
  in_doubt: number | null;
  excluded: number | null;
}

interface MailboxTable {
  id: Generated<number>;
  address: string;
  source: string;
  destination: string;
  /** Counts up; the mailbox of an address with the highest one is current. */
  opened: number;
}

interface PassTable extends BucketColumns {
  id: Generated<number>;
  mailbox_id: number;
  kind: string;
  plan_sha256: string;
  started_at: string;
  finished_at: string | null;
  exit_code: number | null;
  source_messages: number | null;
  destination_writes: number | null;
  bytes: number | null;
  flags_changed: number | null;
  error: string | null;
}

interface FolderTable extends BucketColumns {
  id: Generated<number>;
  mailbox_id: number;
  source: string;
  uid_validity: number;
  destination: string;
  destination_uid_validity: number | null;
  /** Counts up; the UIDVALIDITY of a source folder with the highest one is current. */
  opened: number;
  /** The source's status when it was last finished; null: never. */
  messages: number | null;
  uid_next: number | null;
  highest_modseq: string | null;
  bytes: number | null;
}

interface MessageTable {
  folder_id: number;
  uid: number;
  state: MessageState;
  bytes: number;
  internal_date: number | null;
  flags: string;
  destination_uid: number | null;
  floor: number | null;
  pass_id: number;
  adopted: number;
  reason: string | null;
}

interface AlterationTable {
  folder_id: number;
  /** 0: the folder itself (no message has UID 0, RFC 9051 section 2.3.1.1). */
  uid: number;
  what: string;
  why: string;
  pass_id: number;
}

export interface LedgerSchema {
  mailboxes: MailboxTable;
  passes: PassTable;
  folders: FolderTable;
  messages: MessageTable;
  alterations: AlterationTable;
}
