/**
 * UIDs for a mail system that has none (Microsoft Graph names its items by long ids): every item of a folder gets the next number when
 * it is first seen, and keeps it. Item ids are case-sensitive and may be longer than 255 characters.
 */
export interface ItemBook {
  /**
   * The folder of an account, made when it is not there; another folder id is another folder, with another UIDVALIDITY.
   *
   * @param account names the mailbox: server and user
   */
  folder(account: string, folderId: string): Promise<ItemFolder>;
  /** The UIDs of these items, in order; the ones that are new get the next ones. Survives the death of the process. */
  uidsFor(folder: number, itemIds: readonly string[]): Promise<number[]>;
  /** The items with these UIDs; those nobody knows are left out. */
  itemIds(folder: number, uids: readonly number[]): Promise<ReadonlyMap<number, string>>;
}

export interface ItemFolder {
  id: number;
  uidValidity: number;
  /** The UID the next new item gets. */
  uidNext: number;
}
