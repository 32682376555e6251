import { type ItemBook, type ItemFolder, invariant, type TrafficBook } from '@mxodus/model';
import { integer, type Row, text } from '../rows/columns.ts';
import type { Of } from './mailboxes.ts';

export function trafficBook({ database, fence }: Of): TrafficBook {
  return {
    async spent({ server, user }, day) {
      const row = await database.row('select bytes from traffic where server = $1 and login = $2 and day = $3', [
        server,
        user,
        day,
      ]);
      return row === undefined ? 0 : integer(row, 'bytes');
    },
    async add({ server, user }, day, bytes) {
      await database.write(
        (writer) =>
          writer.changed(
            `insert into traffic (server, login, day, bytes) values ($1, $2, $3, $4)
             on conflict (server, login, day) do update set bytes = traffic.bytes + excluded.bytes`,
            [server, user, day, bytes],
          ),
        fence,
      );
    },
  };
}

export function itemBook(of: Of): ItemBook {
  return {
    folder: (account, folderId) => openItemFolder(of, account, folderId),
    uidsFor: (folder, itemIds) => uidsFor(of, folder, itemIds),
    itemIds: async (folder, uids) => {
      const rows = await of.database.rows(
        'select uid, item from items where folder_id = $1 and uid = any($2::bigint[])',
        [folder, uids],
      );
      return new Map(rows.map((row) => [integer(row, 'uid'), text(row, 'item')]));
    },
  };
}

async function openItemFolder({ database, fence }: Of, account: string, folderId: string): Promise<ItemFolder> {
  const known = await database.row(
    'select id, uid_validity, uid_next from item_folders where account = $1 and folder = $2',
    [account, folderId],
  );
  return itemFolderOf(
    known ?? (await database.write(async (writer) => (await writer.rows(INSERT, [account, folderId]))[0], fence)),
  );
}

/** Another UIDVALIDITY for each book that is begun anew: UIDs of a lost one mean nothing. */
const INSERT = `
  insert into item_folders (account, folder, uid_validity) values ($1, $2, 1 + floor(random() * 2147483646)::bigint)
  on conflict (account, folder) do update set account = excluded.account
  returning id, uid_validity, uid_next`;

function itemFolderOf(row: Row | undefined): ItemFolder {
  invariant(row !== undefined, 'an item folder has a row');
  return { id: integer(row, 'id'), uidValidity: integer(row, 'uid_validity'), uidNext: integer(row, 'uid_next') };
}

const KNOWN = 'select uid, item from items where folder_id = $1 and item = any($2::text[])';

async function uidsFor({ database, fence }: Of, folder: number, itemIds: readonly string[]): Promise<number[]> {
  let uids = uidsOf(await database.rows(KNOWN, [folder, itemIds]));
  if (itemIds.some((id) => !uids.has(id))) {
    uids = await database.write(async (writer) => {
      // Locks the folder: who gives UIDs at the same time waits here, and finds these.
      await writer.rows('select 1 from item_folders where id = $1 for update', [folder]);
      const known = uidsOf(await writer.rows(KNOWN, [folder, itemIds]));
      const added = [...new Set(itemIds.filter((id) => !known.has(id)))];
      const [next] = await writer.rows(
        'update item_folders set uid_next = uid_next + $2 where id = $1 returning uid_next',
        [folder, added.length],
      );
      invariant(next !== undefined, 'an item folder is opened before its items');
      const first = integer(next, 'uid_next') - added.length;
      await writer.changed(
        `insert into items (folder_id, uid, item)
         select $1, $2::bigint + at - 1, id from unnest($3::text[]) with ordinality as ids (id, at)`,
        [folder, first, added],
      );
      for (const [index, id] of added.entries()) known.set(id, first + index);
      return known;
    }, fence);
  }
  return itemIds.map((id) => {
    const uid = uids.get(id);
    invariant(uid !== undefined, 'every item has a UID');
    return uid;
  });
}

const uidsOf = (rows: readonly Row[]): Map<string, number> =>
  new Map(rows.map((row) => [text(row, 'item'), integer(row, 'uid')]));
