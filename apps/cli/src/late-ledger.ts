import type { ItemBook, Ledger, TrafficBook } from '@mxodus/model';

/** What is kept in the ledger and used before there is one: the bytes of a day are not known then, and UIDs are for this process only. */
export interface LateLedger {
  traffic: TrafficBook;
  items: ItemBook;
  /** From now on both are the ledger's; `beforeClose` runs while it is still open. */
  use(ledger: Ledger, beforeClose: () => Promise<void>): Ledger;
}

/** @param makeItems for what is done without a ledger (plan, check) */
export function lateLedger(makeItems: () => Promise<ItemBook>): LateLedger {
  let open: Ledger | null = null;
  let made: Promise<ItemBook> | undefined;
  const items = async (): Promise<ItemBook> => {
    if (open !== null) return open.items;
    made ??= makeItems();
    return made;
  };
  return {
    traffic: {
      spent: async (login, day) => (await open?.traffic.spent(login, day)) ?? 0,
      add: async (login, day, bytes) => open?.traffic.add(login, day, bytes),
    },
    items: {
      folder: async (account, folderId) => (await items()).folder(account, folderId),
      uidsFor: async (folder, itemIds) => (await items()).uidsFor(folder, itemIds),
      itemIds: async (folder, uids) => (await items()).itemIds(folder, uids),
    },
    use: (ledger, beforeClose) => {
      open = ledger;
      return {
        ...ledger,
        close: async () => {
          try {
            await beforeClose();
          } finally {
            open = null;
            await ledger.close();
          }
        },
      };
    },
  };
}
