import {
  type FetchedMessage,
  type FlagRow,
  type Folder,
  type FolderChanges,
  type FolderRole,
  type FolderScan,
  type FolderStatus,
  type MailSession,
  MxodusError,
  type NameProbe,
  type Quota,
  type RefusedFlags,
  type Relocated,
  type ServerFacts,
  type UidRange,
} from '@mxodus/model';
import { downloadBody } from './body-download.ts';
import { BodyStream } from './body-stream.ts';
import { readChanges, type Since } from './folder-changes.ts';
import { FolderNames, octets } from './folder-names.ts';
import { type ScanOptions, scanFolder } from './folder-scan.ts';
import { readFlags, readUids } from './folder-uids.ts';
import { openWire, type WireConnection } from './imap-connection.ts';
import { commandError } from './imap-errors.ts';
import { foreignPrefixes, listFolders, personalNamespace, probeName, specialUse, statusOf } from './imap-folders.ts';
import { DEFAULT_TIMEOUT_MS, type ImapAccountOptions } from './imap-options.ts';
import { readQuota } from './mailbox-quota.ts';
import { copyMessages, moveMessages, removeMessages } from './relocation.ts';
import { sequenceSets } from './sequence-set.ts';
import { serverFacts } from './server-facts.ts';
import { ended, refusal, SessionLine } from './session-line.ts';
import { settled } from './uid-windows.ts';
import { readResponseCode } from './untagged.ts';

/** A server that is slow to say goodbye must not keep the process. */
const GOODBYE_MS = 2000;

export async function openImapSession(
  options: ImapAccountOptions,
  signal: AbortSignal,
  onWrite: (command: string) => void,
): Promise<ImapSession> {
  const connection = await openWire(options, signal, {
    ended: (ending) => commandError(ended(ending), options, 'reading'),
  });
  return new ImapSession(connection, options, onWrite);
}

/**
 * One IMAP connection that reads, and makes the small changes; the appends go through the append channel. The source is opened
 * with EXAMINE only (Courier's with SELECT too, see SessionLine): reading it changes nothing there. Bodies that nobody takes are held up to 4 MiB, then the server waits: who
 * calls fetch() takes them, or stops with return().
 */
export class ImapSession implements MailSession {
  readonly facts: ServerFacts;
  readonly #line: SessionLine;
  readonly #foreign: readonly string[];
  readonly #keepAlive: NodeJS.Timeout;
  /** Folders that had messages when they were last counted. */
  readonly #notEmpty = new Set<string>();

  constructor({ client, wire }: WireConnection, options: ImapAccountOptions, onWrite: (command: string) => void) {
    this.facts = serverFacts(client, personalNamespace(client));
    this.#foreign = foreignPrefixes(client);
    this.#line = new SessionLine(wire, new FolderNames(), { options, facts: this.facts, onWrite });
    // Quiet while the lanes copy: servers end a silent connection after 30 minutes, some sooner.
    const everyMs = (options.timeoutMs ?? DEFAULT_TIMEOUT_MS) / 3;
    this.#keepAlive = setInterval(() => this.#noop(), everyMs).unref();
  }

  get usable(): boolean {
    return this.#line.wire.usable;
  }

  get keyed(): null {
    return null;
  }

  async listFolders(): Promise<Folder[]> {
    const { namespace } = this.facts;
    const folders = await this.#line.turn(() => listFolders(this.#line, { namespace, foreign: this.#foreign }));
    for (const { path, status } of folders) this.#count(path, status);
    return folders;
  }

  async status(path: string): Promise<FolderStatus | null> {
    const { sent } = await this.#line.send(() => statusOf(this.#line, path));
    const status = await sent;
    this.#count(path, status);
    return status;
  }

  #count(path: string, status: FolderStatus | null): void {
    if (status !== null && status.messages > 0) this.#notEmpty.add(path);
    else this.#notEmpty.delete(path);
  }

  async probeName(path: string): Promise<NameProbe> {
    const { sent } = await this.#line.send(() => probeName(this.#line, this.facts, path));
    return sent;
  }

  async quota(): Promise<Quota | null> {
    const { sent } = await this.#line.send(() => readQuota(this.#line));
    return sent;
  }

  async scan(path: string, options: ScanOptions = {}): Promise<FolderScan> {
    const notEmpty = this.#notEmpty.has(path);
    const scan = await scanFolder(this.#line, path, { options, notEmpty });
    if (scan.exists > 0) this.#notEmpty.add(path);
    else this.#notEmpty.delete(path);
    return scan;
  }

  async flags(path: string, range: UidRange): Promise<FlagRow[]> {
    return readFlags(this.#line, path, { range, notEmpty: this.#notEmpty.has(path) });
  }

  async uids(path: string): Promise<number[]> {
    return readUids(this.#line, path);
  }

  async changes(path: string, since: Since): Promise<FolderChanges | null> {
    return readChanges(this.#line, path, { since, notEmpty: this.#notEmpty.has(path) });
  }

  fetch(path: string, uids: readonly number[], uidValidity?: number): AsyncIterable<FetchedMessage> {
    return new BodyStream(this.#line, { path, uids, section: 'message', uidValidity });
  }

  fetchBinary(path: string, uids: readonly number[], uidValidity?: number): AsyncIterable<FetchedMessage> {
    return new BodyStream(this.#line, { path, uids, section: 'binary', uidValidity });
  }

  fetchHeaders(path: string, uids: readonly number[], uidValidity?: number): AsyncIterable<FetchedMessage> {
    return new BodyStream(this.#line, { path, uids, section: 'header', uidValidity });
  }

  async download(path: string, uid: number, to: { file: string; uidValidity?: number }): Promise<number | null> {
    return downloadBody(this.#line, { path, uid, file: to.file, uidValidity: to.uidValidity });
  }

  async create(path: string, role: FolderRole | null): Promise<void> {
    const line = this.#line;
    const use = line.has('CREATE-SPECIAL-USE') ? specialUse(role) : '';
    const { sent } = await line.send(() => {
      line.onWrite('CREATE');
      return line.answer(`CREATE ${line.names.quoted(path)}${use}`);
    });
    const answer = await sent;
    const { name, text } = readResponseCode(answer.text);
    if (answer.status === 'OK' || name === 'ALREADYEXISTS') return;
    const error = line.error(refusal(answer), 'CREATE');
    if (error.code === 'SERVER_BUSY') throw error;
    throw new MxodusError('FOLDER_REFUSED', {
      what: `the destination refused to create the folder "${path}": "${text}"`,
      why: 'see its words',
      advice: 'give the folder another name with `sync.folders.map`, then plan again',
      where: line.where,
      cause: error,
    });
  }

  async subscribe(path: string): Promise<void> {
    const line = this.#line;
    const { sent } = await line.send(() => {
      line.onWrite('SUBSCRIBE');
      return line.ok(`SUBSCRIBE ${line.names.quoted(path)}`);
    });
    await sent;
  }

  async storeFlags(
    path: string,
    uids: readonly number[],
    change: { add: readonly string[]; remove: readonly string[] },
  ): Promise<readonly RefusedFlags[]> {
    if (uids.length === 0) return [];
    const line = this.#line;
    const store = (verb: string, flags: readonly string[]): string[] =>
      (flags.length === 0 ? [] : sequenceSets(uids, line.messageLimit)).map(
        (set) => `UID STORE ${set} ${verb} (${flags.map(octets).join(' ')})`,
      );
    const stores = [...store('+FLAGS.SILENT', change.add), ...store('-FLAGS.SILENT', change.remove)];
    const { sent } = await line.send(() => {
      // For all of them before the first: it may throw, and what was sent must be listened to.
      for (const _ of stores) line.onWrite('STORE');
      const folder = line.open(path, { mode: 'keep', writable: true });
      const stored = settled(stores.map((text) => line.ok(text)));
      stored.catch(() => undefined);
      return { folder, stored };
    });
    await sent.folder.opened;
    await sent.stored;
    return [];
  }

  async move(path: string, uids: readonly number[], to: string): Promise<Relocated> {
    return this.#line.turn(() => moveMessages(this.#line, { path, uids, to }));
  }

  async copy(path: string, uids: readonly number[], to: string): Promise<Relocated> {
    return this.#line.turn(() => copyMessages(this.#line, { path, uids, to }));
  }

  async expunge(path: string, uids: readonly number[]): Promise<'expunged' | 'marked'> {
    return this.#line.turn(() => removeMessages(this.#line, path, uids));
  }

  async close(): Promise<void> {
    clearInterval(this.#keepAlive);
    const { wire, backlog } = this.#line;
    if (!wire.usable) return;
    const timer = setTimeout(() => wire.close(), GOODBYE_MS);
    // Bodies nobody took are in the way of the answer.
    backlog.wait();
    try {
      await wire.command('LOGOUT');
    } catch (error) {
      // The connection is gone already, which is what was wanted.
      if (!(error instanceof MxodusError)) throw error;
    } finally {
      clearTimeout(timer);
    }
    wire.close();
  }

  /** The command that needs the connection next says that it is gone. */
  #noop(): void {
    if (this.#line.wire.idle) this.#line.wire.command('NOOP').catch(() => undefined);
  }
}
