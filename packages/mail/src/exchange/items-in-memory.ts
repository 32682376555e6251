import type { ItemBook, ItemFolder } from '@mxodus/model';

/** UIDs that last as long as the process: for looking at a mailbox (plan, check, verify), and for tests. */
export function itemBookInMemory(): ItemBook {
  const byPlace = new Map<string, BookedFolder>();
  const byId: BookedFolder[] = [];
  const known = (id: number): BookedFolder => {
    const folder = byId[id - 1];
    if (folder === undefined) throw new RangeError(`no folder ${id} in the book of items`);
    return folder;
  };
  return {
    folder: async (account, folderId) => {
      const place = `${account}\0${folderId}`;
      let folder = byPlace.get(place);
      if (folder === undefined) {
        folder = new BookedFolder(byId.length + 1);
        byPlace.set(place, folder);
        byId.push(folder);
      }
      return folder.facts;
    },
    uidsFor: async (folder, itemIds) => itemIds.map((itemId) => known(folder).uidOf(itemId)),
    itemIds: async (folder, uids) => known(folder).itemsOf(uids),
  };
}

class BookedFolder {
  readonly #id: number;
  readonly #uids = new Map<string, number>();
  /** By UID - 1. */
  readonly #items: string[] = [];

  constructor(id: number) {
    this.#id = id;
  }

  get facts(): ItemFolder {
    return { id: this.#id, uidValidity: this.#id, uidNext: this.#items.length + 1 };
  }

  uidOf(itemId: string): number {
    const known = this.#uids.get(itemId);
    if (known !== undefined) return known;
    this.#items.push(itemId);
    this.#uids.set(itemId, this.#items.length);
    return this.#items.length;
  }

  itemsOf(uids: readonly number[]): Map<number, string> {
    return new Map(
      uids.flatMap((uid): [number, string][] => {
        const itemId = this.#items[uid - 1];
        return itemId === undefined ? [] : [[uid, itemId]];
      }),
    );
  }
}
