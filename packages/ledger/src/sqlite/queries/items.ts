import { type ItemBook, type ItemFolder, invariant } from '@mxodus/model';
import { integer, text } from '../../rows/columns.ts';
import type { LedgerFile } from '../ledger-file.ts';

/** What is lost with the power is what the ledger lost too: both are in one file, in order. */
export function itemBook(file: LedgerFile): ItemBook {
  return {
    folder: async (account, folderId) => openItemFolder(file, account, folderId),
    uidsFor: async (folder, itemIds) => uidsFor(file, folder, itemIds),
    itemIds: async (folder, uids) => {
      const wanted = 'select value from json_each(?)';
      const rows = file.all(
        `select uid, item from items where folder_id = ? and uid in (${wanted})`,
        folder,
        JSON.stringify(uids),
      );
      return new Map(rows.map((row) => [integer(row, 'uid'), text(row, 'item')]));
    },
  };
}

function openItemFolder(file: LedgerFile, account: string, folderId: string): ItemFolder {
  const select = 'select id, uid_validity, uid_next from item_folders where account = ? and folder = ?';
  const known = file.get(select, account, folderId);
  const row = known ?? file.soon(() => file.get(INSERT, account, folderId));
  invariant(row !== undefined, 'an item folder has a row');
  return { id: integer(row, 'id'), uidValidity: integer(row, 'uid_validity'), uidNext: integer(row, 'uid_next') };
}

/** Another UIDVALIDITY for each book that is begun anew: UIDs of a lost one mean nothing. */
const INSERT = `insert into item_folders (account, folder, uid_validity) values (?, ?, 1 + abs(random() % 2147483647))
  on conflict (account, folder) do update set account = excluded.account
  returning id, uid_validity, uid_next`;

function uidsFor(file: LedgerFile, folder: number, itemIds: readonly string[]): number[] {
  const uids = known(file, folder, itemIds);
  const added = [...new Set(itemIds.filter((id) => !uids.has(id)))];
  if (added.length > 0) {
    file.soon(() => {
      const next = file.get(
        'update item_folders set uid_next = uid_next + ? where id = ? returning uid_next',
        added.length,
        folder,
      );
      invariant(next !== undefined, 'an item folder is opened before its items');
      const first = integer(next, 'uid_next') - added.length;
      for (const [index, id] of added.entries()) {
        file.run('insert into items (folder_id, uid, item) values (?, ?, ?)', folder, first + index, id);
        uids.set(id, first + index);
      }
    });
  }
  return itemIds.map((id) => {
    const uid = uids.get(id);
    invariant(uid !== undefined, 'every item has a UID');
    return uid;
  });
}

function known(file: LedgerFile, folder: number, itemIds: readonly string[]): Map<string, number> {
  const rows = file.all(
    'select uid, item from items where folder_id = ? and item in (select value from json_each(?))',
    folder,
    JSON.stringify(itemIds),
  );
  return new Map(rows.map((row) => [text(row, 'item'), integer(row, 'uid')]));
}
