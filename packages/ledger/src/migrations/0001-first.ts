import type { Migration } from './migration.ts';

const BUCKETS = `
  already_there integer, moved_before integer, moved_now integer, cannot integer, failed integer, in_doubt integer,
  excluded integer`;

export const first: Migration = {
  version: 1,
  name: 'first',
  sqlite: [
    `create table mailboxes (
      id integer primary key,
      address text not null,
      source text not null,
      destination text not null,
      opened integer not null,
      unique (address, source, destination)
    ) strict`,

    `create table passes (
      id integer primary key,
      mailbox_id integer not null references mailboxes (id),
      kind text not null,
      plan_sha256 text not null,
      started_at text not null,
      finished_at text,
      exit_code integer,
      source_messages integer,
      destination_writes integer,
      bytes integer,
      flags_changed integer,
      error text,
      ${BUCKETS}
    ) strict`,
    'create index passes_by_mailbox on passes (mailbox_id)',

    `create table folders (
      id integer primary key,
      mailbox_id integer not null references mailboxes (id),
      source text not null,
      uid_validity integer not null,
      destination text not null,
      destination_uid_validity integer,
      opened integer not null,
      messages integer,
      uid_next integer,
      highest_modseq text,
      bytes integer,
      ${BUCKETS},
      unique (mailbox_id, source, uid_validity)
    ) strict`,

    `create table messages (
      folder_id integer not null references folders (id),
      uid integer not null,
      state text not null check (state in ('intent', 'stored', 'cannot', 'failed')),
      bytes integer not null,
      internal_date integer,
      flags text not null,
      destination_uid integer,
      floor integer,
      pass_id integer not null references passes (id),
      adopted integer not null default 0,
      reason text,
      primary key (folder_id, uid)
    ) strict, without rowid`,
    "create index messages_not_stored on messages (folder_id, state) where state <> 'stored'",

    `create table alterations (
      folder_id integer not null references folders (id),
      uid integer not null,
      what text not null,
      why text not null,
      pass_id integer not null references passes (id),
      primary key (folder_id, uid, what, why)
    ) strict, without rowid`,
  ],
};
