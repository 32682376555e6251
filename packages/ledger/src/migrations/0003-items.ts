import type { Migration } from './migration.ts';

/** UIDs for the items of mail systems that have none (see ItemBook). Texts compare byte by byte: item ids are case-sensitive. */
export const items: Migration = {
  version: 3,
  name: 'items',
  sqlite: [
    `create table item_folders (
      id integer primary key,
      account text not null,
      folder text not null,
      uid_validity integer not null,
      uid_next integer not null default 1,
      unique (account, folder)
    ) strict`,

    `create table items (
      folder_id integer not null references item_folders (id),
      uid integer not null,
      item text not null,
      primary key (folder_id, uid)
    ) strict, without rowid`,
    'create unique index items_by_item on items (folder_id, item)',
  ],
};
