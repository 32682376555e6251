import type { FlagRow, FolderScan, MessageMeta, UidRange } from '@mxodus/model';
import { type ExchangeMailbox, isGone, told } from './exchange-mailbox.ts';
import { graphPath, graphQuery } from './graph/graph.ts';
import { refusalToError } from './graph/refusal-to-error.ts';
import { flagsOf, flagsQuery, type ItemRow, itemRow, metaOf, metaQuery } from './item-row.ts';
import { mailFolder } from './mail-folder.ts';
import type { FolderPlace } from './mailbox-folders.ts';

/** Exchange Online's limit of items in a folder: no folder has a UID this far above its next one before it is listed. */
const MOST_ITEMS = 1_000_000;

/** Ids alone are no burden. */
const IDS_PAGE = 1000;

/** So few messages are asked for one by one, in a $batch or two, rather than by listing the folder. */
const FEW = 40;

/** The counts of the service may lag: they are not waited for. */
const MOST_LISTINGS = 3;

export interface OpenedFolder extends FolderPlace {
  path: string;
  /** As the service counts them: it may lag. */
  messages: number;
}

/** Lists a range of a folder. Items nobody has seen yet get their UIDs now. */
export async function scanItems(
  mailbox: ExchangeMailbox,
  folder: OpenedFolder,
  { range = { from: 1 }, messageIds = false }: { range?: UidRange; messageIds?: boolean },
): Promise<FolderScan> {
  const { uidValidity, uidNext } = folder.book;
  const scan = { uidValidity, uidNext, exists: folder.messages, highestModseq: null, permanentFlags: null };
  // What is above every UID there can be: only the counts are wanted.
  if (range.from >= uidNext + MOST_ITEMS) return { ...scan, messages: [] };
  const few = await fewItems(mailbox, folder, range);
  if (few !== null) {
    const rows = await rowsById(mailbox, folder, { items: few, query: metaQuery({ messageIds, page: false }) });
    return { ...scan, messages: rows.map(({ uid, row }) => metaOf(uid, row, messageIds)) };
  }
  const listed = await listItems(mailbox, folder, metaQuery({ messageIds, page: true }));
  const messages = listed.flatMap(({ uid, row }): MessageMeta[] =>
    isIn(range, uid) ? [metaOf(uid, row, messageIds)] : [],
  );
  const after = await mailbox.items.folder(mailbox.account, folder.id);
  return { ...scan, uidNext: after.uidNext, exists: listed.length, messages };
}

export async function listFlags(mailbox: ExchangeMailbox, folder: OpenedFolder, range: UidRange): Promise<FlagRow[]> {
  const few = await fewItems(mailbox, folder, range);
  const rows =
    few === null
      ? await listItems(mailbox, folder, flagsQuery())
      : await rowsById(mailbox, folder, { items: few, query: flagsQuery(undefined) });
  return rows.filter(({ uid }) => isIn(range, uid)).map(({ uid, row }) => ({ uid, flags: flagsOf(row) }));
}

export async function listUids(mailbox: ExchangeMailbox, folder: OpenedFolder): Promise<number[]> {
  const listed = await listItems(mailbox, folder, graphQuery({ $select: 'id', $top: IDS_PAGE }));
  return listed.map(({ uid }) => uid);
}

/** The messages with these UIDs that are in the folder, by UID; those that are gone, or in another folder by now, are left out. */
export async function rowsById(
  { graph, user, server }: ExchangeMailbox,
  folder: FolderPlace,
  { items, query }: { items: ReadonlyMap<number, string>; query: string },
): Promise<UidRow[]> {
  const wanted = [...items].sort(([a], [b]) => a - b);
  const parts = wanted.map(
    ([, id]) => ({ method: 'GET', path: `${graphPath`/users/${user}/messages/${id}`}${query}` }) as const,
  );
  const outcomes = parts.length === 0 ? [] : await graph.batch(parts);
  return outcomes.flatMap((outcome, index): UidRow[] => {
    if (outcome.kind === 'refused') {
      if (isGone(outcome.error)) return [];
      throw refusalToError(outcome.error, { server, user, doing: 'show its messages' });
    }
    const row = itemRow.parse(outcome.answer.body);
    return row.parentFolderId === folder.id ? [{ uid: wanted[index]?.[0] ?? 0, row }] : [];
  });
}

/** By UID, ascending. What a person moved elsewhere has no UID in this folder any more, though its id is the same. */
export async function idsInFolder(
  mailbox: ExchangeMailbox,
  folder: FolderPlace,
  uids: readonly number[],
): Promise<[number, string][]> {
  const items = await mailbox.items.itemIds(folder.book.id, uids);
  const rows = await rowsById(mailbox, folder, { items, query: '?$select=id,parentFolderId' });
  return rows.flatMap(({ uid }): [number, string][] => {
    const id = items.get(uid);
    return id === undefined ? [] : [[uid, id]];
  });
}

interface UidRow {
  uid: number;
  row: ItemRow;
}

/** The items of a short range all UIDs of which were given; null: it takes a listing. */
async function fewItems({ items }: ExchangeMailbox, { book }: FolderPlace, { from, to }: UidRange) {
  if (to === undefined || to >= book.uidNext || to - from >= FEW) return null;
  const uids = Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
  return items.itemIds(book.id, uids);
}

/**
 * All of a folder, by UID. Pages are counted off by the service: what is deleted meanwhile pushes others onto a page that was read
 * already, so a list that is shorter than the folder was before it is made once more.
 */
async function listItems(mailbox: ExchangeMailbox, folder: OpenedFolder, query: string): Promise<UidRow[]> {
  let rows = await listOnce(mailbox, folder, query);
  for (let times = 1, { messages } = folder; rows.size < messages && times < MOST_LISTINGS; times += 1) {
    messages = await countOf(mailbox, folder);
    rows = await listOnce(mailbox, folder, query);
  }
  const uids = await mailbox.items.uidsFor(folder.book.id, [...rows.keys()]);
  return [...rows.values()].map((row, index) => ({ uid: uids[index] ?? 0, row })).sort((a, b) => a.uid - b.uid);
}

async function countOf(mailbox: ExchangeMailbox, { id, path }: OpenedFolder): Promise<number> {
  const { graph, user } = mailbox;
  const folder = `${graphPath`/users/${user}/mailFolders/${id}`}?$select=id,displayName,totalItemCount`;
  const answer = await told(mailbox, `list the folder "${path}"`, () =>
    graph.send({ method: 'GET', path: folder, repeat: 'safe' }),
  );
  return mailFolder.parse(answer.body).totalItemCount ?? 0;
}

async function listOnce(mailbox: ExchangeMailbox, folder: OpenedFolder, query: string): Promise<Map<string, ItemRow>> {
  const { graph, user } = mailbox;
  const path = `${graphPath`/users/${user}/mailFolders/${folder.id}/messages`}${query}`;
  const rows = new Map<string, ItemRow>();
  await told(mailbox, `list the folder "${folder.path}"`, async () => {
    for await (const page of graph.pages({ path })) {
      for (const one of page) {
        const row = itemRow.parse(one);
        rows.set(row.id, row);
      }
    }
  });
  return rows;
}

const isIn = ({ from, to = Infinity }: UidRange, uid: number): boolean => uid >= from && uid <= to;
