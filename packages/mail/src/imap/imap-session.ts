import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import {
  type FetchedMessage,
  type Folder,
  type FolderRole,
  type FolderScan,
  type FolderStatus,
  type MailSession,
  type MessageMeta,
  MxodusError,
  type NameProbe,
  type Quota,
  type ServerFacts,
} from '@mxodus/model';
import type { FetchQueryObject, ImapFlow, MailboxObject } from 'imapflow';
import { commandError, readFailure } from './imap-errors.ts';
import {
  folderStatus,
  foreignPrefixes,
  isSelectable,
  personalNamespace,
  STATUS_ITEMS,
  specialUse,
  toFolder,
} from './imap-folders.ts';
import { DEFAULT_TIMEOUT_MS, type ImapAccountOptions } from './imap-options.ts';
import { messageMeta } from './message-meta.ts';
import { type Attribute, rawCommand, wireName } from './raw-command.ts';
import { sequenceSet } from './sequence-set.ts';
import { serverFacts } from './server-facts.ts';

/**
 * One IMAP connection that reads, and makes the small changes; the appends go through the append channel. The source is opened
 * with EXAMINE only: reading it changes nothing there.
 */
export class ImapSession implements MailSession {
  readonly facts: ServerFacts;
  readonly #client: ImapFlow;
  readonly #options: ImapAccountOptions;
  readonly #onWrite: (command: string) => void;
  readonly #keepAlive: NodeJS.Timeout;
  #open: { path: string; writable: boolean } | undefined;

  constructor(client: ImapFlow, options: ImapAccountOptions, onWrite: (command: string) => void) {
    this.#client = client;
    this.#options = options;
    this.#onWrite = onWrite;
    this.facts = serverFacts(client, personalNamespace(client));
    // Quiet while the lanes copy: imapflow ends a silent connection after its time-out, servers after 30 minutes.
    const everyMs = (options.timeoutMs ?? DEFAULT_TIMEOUT_MS) / 3;
    this.#keepAlive = setInterval(() => void client.noop().catch(ignoreLost), everyMs).unref();
  }

  get usable(): boolean {
    return this.#client.usable;
  }

  async listFolders(): Promise<Folder[]> {
    const foreign = foreignPrefixes(this.#client);
    const entries = await this.#run('LIST', () => this.#client.list({ statusQuery: STATUS_ITEMS }));
    const folders: Folder[] = [];
    for (const entry of entries) {
      if (foreign.some((prefix) => entry.path.startsWith(prefix))) continue;
      let status = isSelectable(entry) ? folderStatus(entry.status) : null;
      if (status === null && isSelectable(entry)) status = await this.#statusOrThrow(entry.path);
      const folder = toFolder(entry, this.facts.namespace, status);
      folders.push(entry.path === 'INBOX' ? { ...folder, subscribed: await this.#inboxSubscribed() } : folder);
    }
    return folders;
  }

  /** imapflow calls INBOX subscribed whatever the server says (2.10.2). */
  async #inboxSubscribed(): Promise<boolean> {
    let listed = false;
    const name = (value: string): Attribute => ({ type: 'STRING', value });
    await this.#run('LSUB', () => rawCommand(this.#client, 'LSUB', [name(''), name('INBOX')], () => (listed = true)));
    return listed;
  }

  /** A folder that is listed and cannot be counted would be lost in silence; it is an error instead. */
  async #statusOrThrow(path: string): Promise<FolderStatus> {
    const status = await this.status(path);
    if (status !== null) return status;
    throw new MxodusError('SERVER_ANSWER', {
      what: `the server lists the folder "${path}" and does not open it`,
      why: 'it may be damaged, or the account may not read it',
      advice: 'repair it at the server, or leave it out (`sync.folders.exclude`)',
      where: `${this.#options.user} at ${this.#options.server}`,
    });
  }

  async status(path: string): Promise<FolderStatus | null> {
    try {
      const status = await this.#client.status(path, STATUS_ITEMS);
      return status === false ? null : folderStatus(status);
    } catch (error) {
      if (readFailure(error).code === 'NotFound') return null;
      throw commandError(error, this.#options, 'STATUS');
    }
  }

  async probeName(path: string): Promise<NameProbe> {
    try {
      await rawCommand(this.#client, 'STATUS', [this.#name(path), [{ type: 'ATOM', value: 'MESSAGES' }]]);
      return { kind: 'taken' };
    } catch (error) {
      const failure = readFailure(error);
      if (failure.responseStatus === '') throw commandError(error, this.#options, 'STATUS');
      const words = failure.responseText;
      const refused =
        failure.responseCode === 'CANNOT' ||
        failure.responseStatus === 'BAD' ||
        /not allowed|invalid|illegal|too long/i.test(words);
      return refused ? { kind: 'refused', why: words } : { kind: 'free' };
    }
  }

  async quota(): Promise<Quota | null> {
    const answer = await this.#run('GETQUOTAROOT', () => this.#client.getQuota('INBOX'));
    if (!answer || answer.storage?.usage === undefined) return null;
    return { usedBytes: answer.storage.usage, limitBytes: answer.storage.limit ?? null };
  }

  async scan(
    path: string,
    options: { fromUid?: number; messageIds?: boolean; writable?: boolean } = {},
  ): Promise<FolderScan> {
    const box = await this.#select(path, options.writable ?? false, 'again');
    const fromUid = options.fromUid ?? 1;
    const messages =
      box.exists === 0 || fromUid >= box.uidNext ? [] : await this.#scanFrom(fromUid, options.messageIds ?? false);
    if (fromUid === 1 && messages.length < box.exists) messages.push(...(await this.#unlisted(messages)));
    messages.sort((a, b) => a.uid - b.uid);
    const flags = box.permanentFlags;
    return {
      uidValidity: Number(box.uidValidity),
      uidNext: box.uidNext,
      highestModseq: box.highestModseq === undefined ? null : String(box.highestModseq),
      // EXAMINE answers PERMANENTFLAGS () whatever could be set (Dovecot 2.3, 2026-11): only SELECT tells.
      permanentFlags: options.writable !== true || flags === undefined || flags.has('\\*') ? null : [...flags],
      messages,
    };
  }

  async #scanFrom(fromUid: number, messageIds: boolean): Promise<MessageMeta[]> {
    const query: FetchQueryObject = { uid: true, flags: true, internalDate: true, size: true };
    if (messageIds) query.headers = ['Message-ID'];
    const messages: MessageMeta[] = [];
    const seen = new Set<number>();
    await this.#run('FETCH', async () => {
      for await (const row of this.#client.fetch(`${fromUid}:*`, query, { uid: true })) {
        if (row.uid === undefined || row.uid < fromUid || row.size === undefined || seen.has(row.uid)) continue;
        seen.add(row.uid);
        messages.push(messageMeta(row, row.uid, messageIds));
      }
    });
    return messages;
  }

  /** imapflow drops a FETCH row it cannot parse: what SEARCH knows and FETCH did not show is listed by its UID alone. */
  async #unlisted(listed: readonly MessageMeta[]): Promise<MessageMeta[]> {
    const found = await this.#run('SEARCH', () => this.#client.search({ all: true }, { uid: true }));
    if (!Array.isArray(found)) throw commandError(new Error('SEARCH ALL gave no answer'), this.#options, 'SEARCH');
    const known = new Set(listed.map((message) => message.uid));
    const rest: MessageMeta[] = [];
    for (const uid of found.filter((candidate) => !known.has(candidate))) {
      const row = await this.#run('FETCH', () =>
        this.#client.fetchOne(String(uid), { uid: true, size: true }, { uid: true }),
      );
      rest.push({ uid, flags: [], internalDate: null, bytes: row === false ? 0 : (row.size ?? 0) });
    }
    return rest;
  }

  fetch(path: string, uids: readonly number[], uidValidity?: number): AsyncIterable<FetchedMessage> {
    return this.#bodies(path, { uids, item: 'source', uidValidity });
  }

  fetchHeaders(path: string, uids: readonly number[]): AsyncIterable<FetchedMessage> {
    return this.#bodies(path, { uids, item: 'headers', uidValidity: undefined });
  }

  async *#bodies(
    path: string,
    {
      uids,
      item,
      uidValidity,
    }: { uids: readonly number[]; item: 'source' | 'headers'; uidValidity: number | undefined },
  ): AsyncGenerator<FetchedMessage> {
    if (uids.length === 0) return;
    this.#sameUidValidity(await this.#select(path, false, 'keep'), uidValidity);
    const wanted = new Set(uids);
    try {
      for await (const row of this.#client.fetch(sequenceSet(uids), { uid: true, [item]: true }, { uid: true })) {
        // `BODY[] NIL` (Dovecot 2.3 for an expunged message, 2026-11) comes as false whatever the types say.
        const body: unknown = row[item];
        // Unsolicited FETCH rows come without a body; a row twice is given once.
        if (row.uid === undefined || !Buffer.isBuffer(body) || !wanted.delete(row.uid)) continue;
        yield { uid: row.uid, body };
      }
    } catch (error) {
      throw commandError(error, this.#options, 'FETCH');
    }
  }

  async download(path: string, uid: number, to: { file: string; uidValidity?: number }): Promise<number | null> {
    this.#sameUidValidity(await this.#select(path, false, 'keep'), to.uidValidity);
    return this.#run('FETCH', async () => {
      const answer = await this.#client.download(String(uid), undefined, { uid: true, chunkSize: 1024 * 1024 });
      if (!answer.content) return null;
      let size = 0;
      answer.content.on('data', (chunk: Buffer) => {
        size += chunk.length;
      });
      await pipeline(answer.content, createWriteStream(to.file));
      const whole = size === answer.meta?.expectedSize || (await this.#endsAt(uid, size));
      return whole ? size : null;
    });
  }

  /** The stream also ends when the server gave too little or nothing for one part: only an empty answer there is the end. */
  async #endsAt(uid: number, size: number): Promise<boolean> {
    const query = { uid: true, source: { start: size, maxLength: 1 } };
    const row = await this.#client.fetchOne(String(uid), query, { uid: true });
    const rest: unknown = row === false ? undefined : row.source;
    return Buffer.isBuffer(rest) && rest.length === 0;
  }

  #sameUidValidity(box: MailboxObject, expected: number | undefined): void {
    if (expected === undefined || Number(box.uidValidity) === expected) return;
    throw new MxodusError('UIDVALIDITY_CHANGED', {
      what: `the folder "${box.path}" has another UIDVALIDITY than when it was listed`,
      why: 'it was deleted and made again, or the server rebuilt it',
      advice: 'the same command again: what is at the destination is recognised, nothing is sent twice',
      where: `${this.#options.user} at ${this.#options.server}`,
    });
  }

  async create(path: string, role: FolderRole | null): Promise<void> {
    const use = this.facts.capabilities.includes('CREATE-SPECIAL-USE') ? specialUse(role) : [];
    const attributes: Attribute[] = [this.#name(path), ...use];
    this.#onWrite('CREATE');
    try {
      await rawCommand(this.#client, 'CREATE', attributes);
    } catch (error) {
      const failure = readFailure(error);
      if (failure.responseCode === 'ALREADYEXISTS') return;
      if (failure.responseStatus === '') throw commandError(error, this.#options, 'CREATE');
      throw new MxodusError('FOLDER_REFUSED', {
        what: `the destination refused to create the folder "${path}": "${failure.responseText}"`,
        why: 'see its words',
        advice: 'give the folder another name with `sync.folders.map`, then plan again',
        where: `${this.#options.user} at ${this.#options.server}`,
        cause: error,
      });
    }
  }

  async subscribe(path: string): Promise<void> {
    this.#onWrite('SUBSCRIBE');
    await this.#run('SUBSCRIBE', () => rawCommand(this.#client, 'SUBSCRIBE', [this.#name(path)]));
  }

  async storeFlags(
    path: string,
    uids: readonly number[],
    change: { add: readonly string[]; remove: readonly string[] },
  ): Promise<void> {
    await this.#select(path, true, 'keep');
    for (const [verb, flags] of [
      ['+FLAGS.SILENT', change.add],
      ['-FLAGS.SILENT', change.remove],
    ] as const) {
      if (flags.length === 0) continue;
      this.#onWrite('STORE');
      const list = flags.map((flag): Attribute => ({ type: 'ATOM', value: flag }));
      await this.#run('STORE', () =>
        rawCommand(this.#client, 'UID STORE', [
          { type: 'SEQUENCE', value: sequenceSet(uids) },
          { type: 'ATOM', value: verb },
          list,
        ]),
      );
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#keepAlive);
    if (!this.#client.usable) return this.#client.close();
    // A server that is slow to say goodbye must not keep the process.
    const timer = setTimeout(() => this.#client.close(), 2000);
    await this.#client.logout().catch(() => this.#client.close());
    clearTimeout(timer);
  }

  async #select(path: string, writable: boolean, mode: 'again' | 'keep'): Promise<MailboxObject> {
    const current = this.#client.mailbox;
    if (mode === 'keep' && current && this.#open?.path === path && (this.#open.writable || !writable)) return current;
    this.#open = undefined;
    const box = await this.#run('SELECT', () => this.#client.mailboxOpen(path, { readOnly: !writable }));
    this.#open = { path, writable };
    return box;
  }

  #name(path: string): Attribute {
    return { type: 'STRING', value: wireName(this.#client, path) };
  }

  async #run<T>(command: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw commandError(error, this.#options, command);
    }
  }
}

/** The command that needs the connection next says that it is gone. */
const ignoreLost = (): void => undefined;
