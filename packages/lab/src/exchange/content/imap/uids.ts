import { createHash } from 'node:crypto';
import type { SimFolder, SimItem } from '../../mailbox/item.ts';
import type { MailboxStore } from '../../mailbox/store.ts';

/** UIDs as IMAP wants them (RFC 3501 2.3.1.1), given in the order in which messages came into a folder, whichever way they came. */
export class Uids {
  readonly #store: MailboxStore;
  readonly #folders = new Map<string, FolderUids>();
  #seen = 0;

  constructor(store: MailboxStore) {
    this.#store = store;
  }

  /** What the folder holds, by UID, ascending; what happened by Graph is in it. */
  of(folder: SimFolder): ReadonlyMap<number, SimItem> {
    this.#follow();
    const items = new Map<number, SimItem>();
    for (const [immutableId, uid] of this.#folder(folder.id).byItem) {
      const item = this.#store.lookups.immutableId(immutableId);
      if (item !== undefined) items.set(uid, item);
    }
    return items;
  }

  uid(item: SimItem): number {
    this.#follow();
    const uid = this.#folder(item.folderId).byItem.get(item.immutableId);
    if (uid === undefined) throw new Error(`message ${item.serial} has no UID in its folder`);
    return uid;
  }

  next(folder: SimFolder): number {
    this.#follow();
    return this.#folder(folder.id).next;
  }

  uidValidity(folder: SimFolder): number {
    return (createHash('sha256').update(folder.id).digest().readUInt32BE(0) >>> 1) + 1;
  }

  #follow(): void {
    for (const change of this.#store.changes.slice(this.#seen)) {
      if (change.kind === 'deleted') this.#folder(change.folderId).byItem.delete(change.immutableId);
      if (change.from !== null) this.#folder(change.from.folderId).byItem.delete(change.immutableId);
      if (change.kind === 'created' || change.kind === 'moved') this.#folder(change.folderId).add(change.immutableId);
    }
    this.#seen = this.#store.changes.length;
  }

  #folder(id: string): FolderUids {
    let folder = this.#folders.get(id);
    if (folder === undefined) {
      folder = new FolderUids();
      this.#folders.set(id, folder);
    }
    return folder;
  }
}

class FolderUids {
  readonly byItem = new Map<string, number>();
  next = 1;

  add(immutableId: string): void {
    this.byItem.set(immutableId, this.next);
    this.next += 1;
  }
}

const known = new WeakMap<MailboxStore, Uids>();

/** One table a mailbox, whoever asks. */
export function uidsOf(store: MailboxStore): Uids {
  const uids = known.get(store) ?? new Uids(store);
  known.set(store, uids);
  return uids;
}
