import type { Migration } from './migration.ts';

/** Messages the source no longer lists, what is known of a destination folder, waits, and bytes a day. */
export const goneAndTraffic: Migration = {
  version: 2,
  name: 'gone-and-traffic',
  sqlite: [
    `alter table messages add column gone integer not null default 0
      check (gone = 0 or (gone = 1 and state = 'stored'))`,
    'alter table messages add column digest text',
    'alter table messages add column email_id text',
    // Partial: a message that is copied, whose place the server tells and that stays where it is touches none of them.
    'create index messages_gone on messages (folder_id) where gone = 1',
    `create index messages_unlocated on messages (folder_id)
      where state = 'stored' and destination_uid is null and floor is not null`,
    'create index messages_by_email_id on messages (email_id) where email_id is not null',

    'alter table folders add column destination_uid_next integer',
    'alter table folders add column destination_messages integer',

    'alter table passes add column wait_why text',
    'alter table passes add column wait_until text',

    `create table traffic (
      server text not null,
      login text not null,
      day text not null,
      bytes integer not null,
      primary key (server, login, day)
    ) strict, without rowid`,

    // What is current, see LedgerReader: of each address the mailbox opened last ...
    `create view current_mailboxes as
      select id, address from mailboxes
      where not exists (
        select 1 from mailboxes as later where later.address = mailboxes.address and later.opened > mailboxes.opened)`,
    // ... and of each folder of a mailbox the UIDVALIDITY opened last.
    `create view current_folders as
      select id, mailbox_id, source from folders
      where not exists (
        select 1 from folders as later
        where later.mailbox_id = folders.mailbox_id and later.source = folders.source
          and later.opened > folders.opened)`,
  ],
  postgres: [
    `alter table messages add column gone integer not null default 0
      check (gone = 0 or (gone = 1 and state = 'stored'))`,
    'alter table messages add column digest text',
    'alter table messages add column email_id text collate "C"',
    'create index messages_gone on messages (folder_id) where gone = 1',
    `create index messages_unlocated on messages (folder_id)
      where state = 'stored' and destination_uid is null and floor is not null`,
    'create index messages_by_email_id on messages (email_id) where email_id is not null',

    'alter table folders add column destination_uid_next bigint',
    'alter table folders add column destination_messages bigint',

    'alter table passes add column wait_why text',
    'alter table passes add column wait_until text',

    `create table traffic (
      server text not null,
      login text not null,
      day text not null,
      bytes bigint not null,
      primary key (server, login, day)
    )`,

    `create view current_mailboxes as
      select id, address from mailboxes
      where not exists (
        select 1 from mailboxes as later where later.address = mailboxes.address and later.opened > mailboxes.opened)`,
    `create view current_folders as
      select id, mailbox_id, source from folders
      where not exists (
        select 1 from folders as later
        where later.mailbox_id = folders.mailbox_id and later.source = folders.source
          and later.opened > folders.opened)`,
  ],
};
