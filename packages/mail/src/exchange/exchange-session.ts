import { writeFile } from 'node:fs/promises';
import {
  type FetchedMessage,
  type FlagRow,
  type Folder,
  type FolderRole,
  type FolderScan,
  type FolderStatus,
  type MailSession,
  MxodusError,
  type NameProbe,
  type RefusedFlags,
  type Relocated,
  type ServerFacts,
  type UidRange,
} from '@mxodus/model';
import { createFolder } from './create-folder.ts';
import type { ExchangeMailbox } from './exchange-mailbox.ts';
import { SEPARATOR } from './folder-names.ts';
import { KeyedItems } from './keyed-mail.ts';
import type { KnownFolders } from './known-folders.ts';
import { listFlags, listUids, type OpenedFolder, scanItems } from './list-items.ts';
import { MailboxFolders } from './mailbox-folders.ts';
import { headersOf, mimeOf } from './read-message.ts';
import { copyItems, moveItems, removeItems } from './relocate.ts';
import { FlagStore } from './store-flags.ts';

export interface SessionOptions {
  mailbox: ExchangeMailbox;
  /** One for all sessions of an account. */
  known: KnownFolders;
  /** Bytes of the largest message the mailbox takes. */
  messageLimit: number;
  /** See KeyedMail. */
  keepsDates?: boolean;
}

/**
 * A mailbox of Exchange Online as a MailSession: a destination, and read as a source on the way back after a rollback. UIDs are given by
 * the ItemBook, to each item of a folder when it is first seen; what `fetch` gives is made anew by Exchange.
 */
export class ExchangeSession implements MailSession {
  readonly facts: ServerFacts;
  readonly keyed: KeyedItems;
  readonly folders: MailboxFolders;
  readonly #mailbox: ExchangeMailbox;
  readonly #flags: FlagStore;
  #closed = false;

  constructor({ mailbox, known, messageLimit, keepsDates = true }: SessionOptions) {
    this.#mailbox = mailbox;
    this.folders = new MailboxFolders(mailbox, known);
    this.keyed = new KeyedItems(this.folders, { keepsDates });
    this.#flags = new FlagStore(mailbox);
    this.facts = {
      tls: 'TLS',
      // BINARY: a NUL may be sent, and what becomes of it is said by what maps the message.
      capabilities: ['BINARY', 'GRAPH', 'MOVE', 'UIDPLUS'],
      namespace: { prefix: '', separator: SEPARATOR },
      appendLimit: messageLimit,
      product: 'Exchange Online',
    };
  }

  get usable(): boolean {
    return !this.#closed && this.#mailbox.graph.usable;
  }

  listFolders(): Promise<Folder[]> {
    return this.folders.list();
  }

  status(path: string): Promise<FolderStatus | null> {
    return this.folders.status(path);
  }

  probeName(path: string): Promise<NameProbe> {
    return this.folders.probe(path);
  }

  /** Graph tells it in a report of the tenant only. */
  async quota(): Promise<null> {
    return null;
  }

  async scan(
    path: string,
    options: { range?: UidRange; messageIds?: boolean; writable?: boolean } = {},
  ): Promise<FolderScan> {
    return scanItems(this.#mailbox, await this.#open(path), options);
  }

  async flags(path: string, range: UidRange): Promise<FlagRow[]> {
    return listFlags(this.#mailbox, await this.#open(path), range);
  }

  async uids(path: string): Promise<number[]> {
    return listUids(this.#mailbox, await this.#open(path));
  }

  async changes(): Promise<null> {
    return null;
  }

  async *fetch(path: string, uids: readonly number[], uidValidity?: number): AsyncGenerator<FetchedMessage> {
    const { book } = await this.#place(path, uidValidity);
    for (const [uid, id] of await this.#mailbox.items.itemIds(book.id, uids)) {
      const body = await mimeOf(this.#mailbox, id);
      if (body !== null) yield { uid, body };
    }
  }

  fetchBinary(path: string, uids: readonly number[], uidValidity?: number): AsyncGenerator<FetchedMessage> {
    return this.fetch(path, uids, uidValidity);
  }

  async *fetchHeaders(path: string, uids: readonly number[], uidValidity?: number): AsyncGenerator<FetchedMessage> {
    yield* headersOf(this.#mailbox, await this.#place(path, uidValidity), uids);
  }

  async download(path: string, uid: number, to: { file: string; uidValidity?: number }): Promise<number | null> {
    for await (const { body } of this.fetch(path, [uid], to.uidValidity)) {
      await writeFile(to.file, body);
      return body.length;
    }
    return null;
  }

  create(path: string, _role: FolderRole | null): Promise<void> {
    return createFolder(this.folders, path);
  }

  /** Every folder of a mailbox is shown. */
  async subscribe(): Promise<void> {
    return undefined;
  }

  async storeFlags(
    path: string,
    uids: readonly number[],
    change: { add: readonly string[]; remove: readonly string[] },
  ): Promise<readonly RefusedFlags[]> {
    const { book } = await this.folders.place(path);
    return this.#flags.change(await this.#mailbox.items.itemIds(book.id, uids), change);
  }

  async move(path: string, uids: readonly number[], to: string): Promise<Relocated> {
    return moveItems(this.#mailbox, { ...(await this.#ends(path, to)), uids });
  }

  async copy(path: string, uids: readonly number[], to: string): Promise<Relocated> {
    return copyItems(this.#mailbox, { ...(await this.#ends(path, to)), uids });
  }

  async expunge(path: string, uids: readonly number[]): Promise<'expunged'> {
    await removeItems(this.#mailbox, await this.folders.place(path), uids);
    return 'expunged';
  }

  /** The connections are the service's. */
  async close(): Promise<void> {
    this.#closed = true;
  }

  async #ends(path: string, to: string) {
    // One that is in the deleted items would take them with it.
    if ((await this.folders.status(to)) === null) this.folders.forget(to);
    return { from: await this.folders.place(path), to: await this.folders.place(to) };
  }

  /** Asked anew, with its counts. */
  async #open(path: string): Promise<OpenedFolder> {
    const status = await this.folders.status(path);
    if (status === null) throw this.#notOpened(path);
    const { id, book } = await this.folders.place(path);
    return { id, book, path, messages: status.messages };
  }

  async #place(path: string, uidValidity: number | undefined) {
    const place = await this.folders.place(path);
    if (uidValidity === undefined || place.book.uidValidity === uidValidity) return place;
    throw new MxodusError('UIDVALIDITY_CHANGED', {
      what: `the folder "${path}" has another UIDVALIDITY: ${place.book.uidValidity} instead of ${uidValidity}`,
      why: 'it was deleted and made again',
      advice: 'the same command again looks at it anew',
      where: this.#where,
    });
  }

  #notOpened(path: string): MxodusError {
    return new MxodusError('SERVER_ANSWER', {
      what: `the folder "${path}" is not there`,
      why: 'it was deleted or renamed',
      advice: 'the same command again looks at it anew',
      where: this.#where,
    });
  }

  get #where(): string {
    return `server ${this.#mailbox.server}, user ${this.#mailbox.user}`;
  }
}
