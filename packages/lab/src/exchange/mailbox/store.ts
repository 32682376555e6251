import { SimError } from '../route.ts';
import type { SimUser, SimWorld } from '../sim-world.ts';
import { Conversations } from './conversations.ts';
import { propertyId } from './extended.ts';
import { FolderTree } from './folder-tree.ts';
import { changeKeyOf, IdMaker } from './ids.ts';
import { type SimChange, type SimContent, type SimFolder, type SimItem, sizeOf } from './item.ts';
import { Lookups } from './lookups.ts';

/** What leaves the MIME of an imported message as it is. */
const BESIDE_MIME: ReadonlySet<string> = new Set([
  'isRead',
  'categories',
  'flag',
  'importance',
  'inferenceClassification',
  // The properties that are header lines are fields of their own.
  'extended',
  'multiExtended',
  'mime',
]);

/** One mailbox of the simulated Exchange: folders, messages, and what happened to them. */
export class MailboxStore {
  readonly user: SimUser;
  readonly folders: FolderTree;
  readonly lookups: Lookups;
  /** Everything that happened to messages, oldest first. */
  readonly changes: SimChange[] = [];
  /** Canonical ids of named properties that were ever used here: each is kept for ever. */
  readonly namedProperties = new Set<string>();
  readonly #world: Pick<SimWorld, 'now' | 'switches'>;
  readonly #ids: IdMaker;
  readonly #conversations: Conversations;
  readonly #recoverable: SimFolder;
  #serial = 0;
  #state = 0;
  #usedBytes = 0;
  #allVisibleAt = 0;

  constructor(world: Pick<SimWorld, 'now' | 'switches' | 'tenant'>, user: SimUser) {
    this.#world = world;
    this.user = user;
    this.#ids = new IdMaker(world.tenant, user.id);
    this.folders = new FolderTree(world, user, this.#ids);
    this.#recoverable = this.folders.known('recoverableitemsdeletions');
    this.lookups = new Lookups(this.#recoverable.id);
    this.#conversations = new Conversations(this.#ids);
  }

  now(): number {
    return this.#world.now().getTime();
  }

  /** Of all messages but the recoverable ones. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** From when on every message is visible everywhere. */
  get allVisibleAt(): number {
    return this.#allVisibleAt;
  }

  newAttachmentId(): string {
    return this.#ids.next('attachment');
  }

  /** By the id of the wanted kind; the other kind is not found where the switch says so. */
  item(id: string, immutable: boolean): SimItem | undefined {
    const [own, other] = immutable
      ? [this.lookups.immutableId(id), this.lookups.id(id)]
      : [this.lookups.id(id), this.lookups.immutableId(id)];
    return own ?? (this.#world.switches.idKindMustMatch ? undefined : other);
  }

  /** Every message, the recoverable ones too. */
  items(): Iterable<SimItem> {
    return this.lookups.all();
  }

  /** How many messages lists of the folder show: `{ total, unread }`, as late as the switch says. */
  counts(folder: SimFolder): { total: number; unread: number } {
    const until = this.now() - this.#world.switches.countLag;
    const late = this.#world.switches.countLag > 0 ? folder.counts.findLast(({ at }) => at <= until) : undefined;
    return late ?? { total: this.lookups.inFolder(folder.id).size, unread: folder.unread };
  }

  /** Throws SimError: message too large, mailbox full, no named property left, too many attachments. Nothing is stored then. */
  add(folder: SimFolder, content: SimContent): SimItem {
    const size = sizeOf(content);
    this.#admit(content, size, size);
    this.#serial += 1;
    const serial = this.#serial;
    const immutableId = this.#ids.next('immutable');
    const now = this.now();
    const named = { ...content, internetMessageId: content.internetMessageId || this.#newMessageId(serial) };
    const conversationId = this.#conversations.of(named);
    const item: SimItem = {
      ...named,
      serial,
      immutableId,
      id: this.#ids.next('message'),
      folderId: folder.id,
      changeKey: this.#newChangeKey(serial),
      created: now,
      modified: now,
      visibleAt: now + this.#world.switches.visibilityDelay,
      conversationId,
      conversationIndex: Buffer.from(`01${immutableId.slice(-34, -4)}`).toString('base64'),
      size,
    };
    this.#allVisibleAt = Math.max(this.#allVisibleAt, item.visibleAt);
    this.#insert(item);
    this.#note('created', item, null);
    return item;
  }

  /** Replaces the given properties (give new arrays and maps, never the old ones changed). Throws as `add`; nothing is changed then. */
  change(item: SimItem, changes: Partial<SimContent>): void {
    const mime = Object.keys(changes).every((name) => BESIDE_MIME.has(name)) ? item.mime : null;
    const after = { ...item, mime, ...changes };
    const size = sizeOf(after);
    this.#admit(after, size, Math.max(0, size - item.size));
    this.#withdraw(item);
    Object.assign(item, { mime, ...changes, size, modified: this.now(), changeKey: this.#newChangeKey(item.serial) });
    this.#insert(item);
    this.#note('changed', item, null);
  }

  /** The message gets a new id and keeps the immutable one. */
  move(item: SimItem, folder: SimFolder): void {
    const from = { folderId: item.folderId, id: item.id };
    this.#withdraw(item);
    item.folderId = folder.id;
    item.id = this.#ids.next('message');
    item.modified = this.now();
    item.changeKey = this.#newChangeKey(item.serial);
    this.#insert(item);
    this.#note('moved', item, from);
  }

  /** Throws as `add`. The copy has ids of its own; everything else, extended properties too, is the same. */
  copy(item: SimItem, folder: SimFolder): SimItem {
    const attachments = item.attachments.map((attachment) => ({ ...attachment, id: this.newAttachmentId() }));
    return this.add(folder, {
      ...item,
      extended: new Map(item.extended),
      multiExtended: new Map(item.multiExtended),
      attachments,
    });
  }

  /** As a user or DELETE does: to Deleted Items, from there to the recoverable items. */
  discard(item: SimItem): void {
    const trash = this.folders.known('deleteditems');
    const folder = this.folders.find(item.folderId);
    const there = folder !== undefined && (folder === this.#recoverable || this.folders.isBelow(folder, trash));
    if (folder === this.#recoverable) this.remove(item);
    else this.move(item, there ? this.#recoverable : trash);
  }

  /** For good. */
  remove(item: SimItem): void {
    this.#withdraw(item);
    this.#note('deleted', item, null);
  }

  /** As `discard`, with all below it: the messages of a folder that is deleted for good become recoverable (or go). */
  discardFolder(folder: SimFolder, how: 'trash' | 'for good'): void {
    const trash = this.folders.known('deleteditems');
    if (how === 'trash' && !this.folders.isBelow(folder, trash)) {
      this.folders.move(folder, trash, 'rename');
      return;
    }
    for (const gone of this.folders.remove(folder)) {
      for (const item of [...this.lookups.inFolder(gone.id).all()]) {
        if (how === 'trash') this.move(item, this.#recoverable);
        else this.remove(item);
      }
      this.lookups.dropFolder(gone.id);
    }
  }

  #admit(content: SimContent, size: number, more: number): void {
    const { switches } = this.#world;
    if (content.attachments.length > switches.attachmentLimit) {
      throw new SimError(400, 'ErrorInvalidArgument', 'The message has too many attachments.');
    }
    if (size > this.user.maxMessageBytes) {
      const words = 'The message exceeds the maximum supported size.';
      throw new SimError(switches.messageSizeStatus, 'ErrorMessageSizeExceeded', words);
    }
    if (more > 0 && this.#usedBytes + more > this.user.quotaBytes) {
      throw new SimError(switches.quotaStatus, 'ErrorQuotaExceeded', 'Mailbox has exceeded maximum mailbox size.');
    }
    this.#registerNames(content);
  }

  #registerNames(content: SimContent): void {
    const fresh = new Set<string>();
    for (const [ids, kind] of [
      [content.extended.keys(), 'single'],
      [content.multiExtended.keys(), 'multi'],
    ] as const) {
      for (const id of ids) if (!this.namedProperties.has(id) && propertyId(id, kind).named) fresh.add(id);
    }
    if (this.namedProperties.size + fresh.size > this.#world.switches.namedPropertyLimit) {
      throw new SimError(this.#world.switches.quotaStatus, 'ErrorQuotaExceeded', 'Cannot get ID from name.');
    }
    for (const id of fresh) this.namedProperties.add(id);
  }

  #insert(item: SimItem): void {
    const folder = this.folders.find(item.folderId);
    if (folder === undefined)
      throw new SimError(404, 'ErrorItemNotFound', 'The specified folder could not be found in the store.');
    this.#remember(folder);
    this.lookups.add(item);
    if (!item.isRead) folder.unread += 1;
    if (folder !== this.#recoverable) this.#usedBytes += item.size;
    this.#count(folder);
  }

  #withdraw(item: SimItem): void {
    const folder = this.folders.find(item.folderId);
    this.lookups.remove(item);
    if (item.folderId !== this.#recoverable.id) this.#usedBytes -= item.size;
    if (folder === undefined) return;
    this.#remember(folder, 1);
    if (!item.isRead) folder.unread -= 1;
    this.#count(folder);
  }

  /** The counts before the first change that is kept. */
  #remember(folder: SimFolder, gone = 0): void {
    if (this.#world.switches.countLag === 0) folder.counts.length = 0;
    else if (folder.counts.length === 0) {
      folder.counts.push({ at: 0, total: this.lookups.inFolder(folder.id).size + gone, unread: folder.unread });
    }
  }

  #count(folder: SimFolder): void {
    if (this.#world.switches.countLag === 0) return;
    folder.counts.push({ at: this.now(), total: this.lookups.inFolder(folder.id).size, unread: folder.unread });
  }

  #note(kind: SimChange['kind'], item: SimItem, from: SimChange['from']): void {
    const { folderId, id, immutableId } = item;
    this.changes.push({ sequence: this.changes.length + 1, kind, folderId, from, id, immutableId });
  }

  #newChangeKey(serial: number): string {
    this.#state += 1;
    return changeKeyOf(serial, this.#state);
  }

  #newMessageId(serial: number): string {
    const domain = this.user.userPrincipalName.split('@')[1] ?? 'localhost';
    return `<${this.#ids.of('conversation', `message ${serial}`).slice(40, 72)}@${domain.replace('@', '')}.prod.outlook.example>`;
  }
}

/** The mailbox of a user, made when first needed. */
export function mailboxOf(world: SimWorld, user: SimUser): MailboxStore {
  let store = world.mailboxes.get(user.id);
  if (store === undefined) {
    store = new MailboxStore(world, user);
    world.mailboxes.set(user.id, store);
  }
  return store;
}
