import type { Random } from '../../seed/random.ts';
import { storedHtml } from './html.ts';
import { emptyContent, type SimContent, type SimFolder, type SimItem } from './item.ts';
import type { MailboxStore } from './store.ts';

/** What the owner of a mailbox does in Outlook, and mail that arrives, while a migration runs. No limit of the API applies. */
export class MailboxUser {
  readonly store: MailboxStore;

  constructor(store: MailboxStore) {
    this.store = store;
  }

  markRead(item: SimItem, isRead = true): void {
    this.store.change(item, { isRead });
  }

  flag(item: SimItem, flagStatus: 'notFlagged' | 'flagged' | 'complete' = 'flagged'): void {
    this.store.change(item, { flag: { flagStatus } });
  }

  categorize(item: SimItem, categories: readonly string[]): void {
    this.store.change(item, { categories: [...categories] });
  }

  /** To a folder by id or well-known name. */
  move(item: SimItem, to: string): void {
    this.store.move(item, this.folder(to));
  }

  /** `for good`: with the shift key. */
  delete(item: SimItem, how: 'trash' | 'for good' = 'trash'): void {
    if (how === 'trash') this.store.discard(item);
    else this.store.remove(item);
  }

  /** A message arrives in the inbox, or where `to` says. */
  deliver(mail: Partial<SimContent> = {}, to = 'inbox'): SimItem {
    const content = { ...emptyContent(this.store.now()), isDraft: false, ...mail };
    if (content.bodyType === 'html') content.body = storedHtml(content.body);
    return this.store.add(this.folder(to), content);
  }

  addFolder(name: string, below = 'msgfolderroot'): SimFolder {
    return this.store.folders.add(this.folder(below), name);
  }

  renameFolder(folder: SimFolder, name: string): void {
    this.store.folders.rename(folder, name);
  }

  /** Some folders of the user get other names, and some messages other folders; which, the random says. Returns how many moved. */
  reorganise(random: Random): number {
    const own = [...this.store.folders.all()].filter((folder) => folder.wellKnownName === null);
    for (const folder of own)
      if (random.chance(0.3)) this.renameFolder(folder, `${folder.displayName} ${random.hex(4)}`);
    const places = [this.folder('inbox'), ...own];
    let moved = 0;
    for (const item of [...this.store.lookups.byDate.all()]) {
      const place = random.pick(places);
      if (!random.chance(0.2) || place.id === item.folderId) continue;
      this.store.move(item, place);
      moved += 1;
    }
    return moved;
  }

  folder(idOrName: string): SimFolder {
    const folder = this.store.folders.find(idOrName);
    if (folder === undefined) throw new Error(`the mailbox has no folder ${idOrName}`);
    return folder;
  }
}
