import type { ItemFolder, KeyedMail, KeyedMessage } from '@mxodus/model';
import { z } from 'zod';
import { type ExchangeMailbox, isGone, told } from './exchange-mailbox.ts';
import { expanding, extendedValues, valuesOf } from './extended-values.ts';
import { graphPath, graphQuery, odataText } from './graph/graph.ts';
import { arrivalOf } from './item-row.ts';
import type { FolderPlace, MailboxFolders } from './mailbox-folders.ts';
import { MIGRATION_KEY } from './properties.ts';
import { systemTime } from './system-time.ts';
import { findStaging } from './write/staging.ts';

/** Keys in one `$filter`: the address stays below 8 KB. */
const KEYS_A_REQUEST = 15;

/** A page that is never slow, and holds more copies than there ever are of so many keys. */
const PAGE = 100;
const LOOK_PAGE = 200;

const SECOND = 1000;

const address = z.object({ emailAddress: z.object({ address: z.string().nullish() }).nullish() });

const keyedRow = z.object({
  id: z.string(),
  parentFolderId: z.string().nullish(),
  singleValueExtendedProperties: extendedValues,
});

const lookRow = keyedRow.extend({
  receivedDateTime: z.string().nullish(),
  internetMessageId: z.string().nullish(),
  subject: z.string().nullish(),
  from: address.nullish(),
});

const keyedPage = z.object({ value: z.array(keyedRow), '@odata.nextLink': z.string().optional() });

/** Copies by the key that was set in their create. */
export class KeyedItems implements KeyedMail {
  readonly #mailbox: ExchangeMailbox;
  readonly #folders: MailboxFolders;
  readonly keepsDates: boolean;

  constructor(folders: MailboxFolders, { keepsDates = true }: { keepsDates?: boolean } = {}) {
    this.keepsDates = keepsDates;
    this.#mailbox = folders.mailbox;
    this.#folders = folders;
  }

  /** A key that is twice in the folder is found with its lower UID. */
  async find(path: string, keys: readonly string[]): Promise<ReadonlyMap<string, number | 'elsewhere'>> {
    if (keys.length === 0) return new Map();
    return this.#inFolder(path, async (folder) => {
      const { graph, user } = this.#mailbox;
      const messages = folder === null ? null : `${graphPath`/users/${user}/mailFolders/${folder.id}`}/messages`;
      const inFolder = messages === null ? [] : await this.#withKeys(messages, keys);
      const there = new Set(inFolder.map(({ key }) => key));
      const missing = keys.filter((key) => !there.has(key.toLowerCase()));
      const all = await this.#withKeys(`${graphPath`/users/${user}`}/messages`, missing);
      const isHere = ({ parent }: Hit): boolean => folder !== null && parent === folder.id;
      const found =
        folder === null
          ? new Map<string, number | 'elsewhere'>()
          : await this.#uidsOf(folder.book, [...inFolder, ...all.filter(isHere)]);
      const others = all.filter((hit) => !isHere(hit) && !found.has(hit.key));
      // What is still put together there is no copy yet.
      const staging = others.length === 0 ? null : await findStaging({ graph, user });
      for (const { key, parent } of others) if (parent !== staging) found.set(key, 'elsewhere');
      return new Map(
        keys.flatMap((key): [string, number | 'elsewhere'][] => {
          const place = found.get(key.toLowerCase());
          return place === undefined ? [] : [[key, place]];
        }),
      );
    });
  }

  async look(path: string, { from, to }: { from: number; to: number }): Promise<KeyedMessage[]> {
    const [first, end] = [Math.floor(from / SECOND) * SECOND, Math.floor(to / SECOND) * SECOND + SECOND];
    return this.#inFolder(path, async (folder) => {
      if (folder === null) return [];
      const { id, book } = folder;
      const { graph, user, items } = this.#mailbox;
      const query = graphQuery({
        $filter: `receivedDateTime ge ${systemTime(first)} and receivedDateTime lt ${systemTime(end)}`,
        $select: 'id,parentFolderId,receivedDateTime,internetMessageId,subject,from',
        $expand: expanding([MIGRATION_KEY]),
        $top: LOOK_PAGE,
      });
      const rows = new Map<string, z.output<typeof lookRow>>();
      for await (const page of graph.pages({
        path: `${graphPath`/users/${user}/mailFolders/${id}/messages`}${query}`,
      })) {
        for (const row of page.map((one) => lookRow.parse(one))) rows.set(row.id, row);
      }
      const uids = await items.uidsFor(book.id, [...rows.keys()]);
      const messages = [...rows.values()].map((row, index) => keyedMessage(uids[index] ?? 0, row));
      return messages
        .filter(({ internalDate }) => internalDate >= first && internalDate < end)
        .sort((a, b) => a.uid - b.uid);
    });
  }

  /** A folder that was remembered and is gone is looked for once more; null: it is not there, and holds nothing. */
  async #inFolder<T>(path: string, work: (folder: FolderPlace | null) => Promise<T>): Promise<T> {
    return told(this.#mailbox, `search the folder "${path}"`, async () => {
      try {
        return await work(await this.#folders.seek(path));
      } catch (error) {
        if (!isGone(error)) throw error;
        return work(await this.#folders.seek(path, { fresh: true }));
      }
    });
  }

  async #withKeys(messages: string, keys: readonly string[]): Promise<Hit[]> {
    const { graph } = this.#mailbox;
    const parts: { method: 'GET'; path: string }[] = [];
    for (let start = 0; start < keys.length; start += KEYS_A_REQUEST) {
      const $filter = keys
        .slice(start, start + KEYS_A_REQUEST)
        .map(hasKey)
        .join(' or ');
      const $expand = expanding([MIGRATION_KEY]);
      const query = graphQuery({ $filter, $expand, $select: 'id,parentFolderId', $top: PAGE });
      parts.push({ method: 'GET', path: `${messages}${query}` });
    }
    const hits: Hit[] = [];
    for (const outcome of parts.length === 0 ? [] : await graph.batch(parts)) {
      if (outcome.kind === 'refused') throw outcome.error;
      const { value, '@odata.nextLink': next } = keyedPage.parse(outcome.answer.body);
      hits.push(...value.flatMap(hitOf));
      if (next === undefined) continue;
      for await (const rows of graph.pages({ path: next }))
        hits.push(...rows.map((row) => keyedRow.parse(row)).flatMap(hitOf));
    }
    return hits;
  }

  async #uidsOf(book: ItemFolder, hits: readonly Hit[]): Promise<Map<string, number | 'elsewhere'>> {
    const uids = await this.#mailbox.items.uidsFor(
      book.id,
      hits.map(({ id }) => id),
    );
    const found = new Map<string, number>();
    for (const [index, { key }] of hits.entries()) {
      const uid = uids[index] ?? 0;
      found.set(key, Math.min(uid, found.get(key) ?? uid));
    }
    return found;
  }
}

/** A message with one of our keys, in lower case. */
interface Hit {
  id: string;
  parent: string | null;
  key: string;
}

const keyOf = (row: z.output<typeof keyedRow>): string | null =>
  valuesOf(row.singleValueExtendedProperties, [MIGRATION_KEY]).get(MIGRATION_KEY)?.toLowerCase() ?? null;

function hitOf(row: z.output<typeof keyedRow>): Hit[] {
  const key = keyOf(row);
  return key === null ? [] : [{ id: row.id, parent: row.parentFolderId ?? null, key }];
}

const hasKey = (key: string): string =>
  `singleValueExtendedProperties/Any(ep: ep/id eq ${odataText(MIGRATION_KEY)} and ep/value eq ${odataText(key)})`;

const keyedMessage = (uid: number, row: z.output<typeof lookRow>): KeyedMessage => ({
  uid,
  key: keyOf(row),
  internalDate: Math.floor((arrivalOf(row.receivedDateTime) ?? 0) / SECOND) * SECOND,
  messageId: row.internetMessageId ?? null,
  subject: row.subject ?? '',
  from: row.from?.emailAddress?.address?.toLowerCase() ?? '',
});
