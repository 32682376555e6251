import { MxodusError, type ServerFacts } from '@mxodus/model';
import { Backlog } from './backlog.ts';
import type { FolderNames } from './folder-names.ts';
import { commandError } from './imap-errors.ts';
import type { ImapAccountOptions } from './imap-options.ts';
import { type FolderNews, SelectedFolder } from './selected-folder.ts';
import { isCourier } from './server-make.ts';
import { readResponseCode } from './untagged.ts';
import type { Ending, Listener, TaggedAnswer, Wire } from './wire.ts';

export interface OpenFolderOptions {
  writable?: boolean;
  /** `keep`: not anew when it is open already. */
  mode: 'again' | 'keep';
  /** What follows the name: ` (CONDSTORE)`. */
  extension?: string;
  /** Nobody waits for this answer by itself. */
  quiet?: boolean;
  /** Whole messages are fetched next. */
  bodies?: boolean;
  news?: FolderNews;
}

/** The commands of one session: sent in order, each with the folder open that it needs. */
export class SessionLine {
  readonly wire: Wire;
  readonly backlog: Backlog;
  readonly names: FolderNames;
  readonly options: ImapAccountOptions;
  readonly onWrite: (command: string) => void;
  /** RFC 9738: how many messages one command may touch; null: any number. */
  readonly messageLimit: number | null;
  /** RFC 7162. */
  readonly condstore: boolean;
  qresync: boolean;
  readonly #capabilities: ReadonlySet<string>;
  /**
   * Courier (5.0.13, 2026-11) forgets a UIDVALIDITY, and the UIDs of new messages, that it only told to EXAMINE or STATUS: SELECT
   * opens its folders. From the 300th MIME part on BODY[] and RFC822.SIZE stop short and agree; only RFC822 is whole. That sets
   * \Seen, so EXAMINE opens a folder for bodies, after SELECT did once.
   */
  readonly courier: boolean;
  /** Courier: the folders SELECT opened in this session. */
  readonly #selected = new Set<string>();
  #folder: SelectedFolder | undefined;
  /** By EXAMINE. */
  #examined = false;
  #qresyncEnabled = false;
  #turns: Promise<unknown> = Promise.resolve();

  constructor(
    wire: Wire,
    names: FolderNames,
    settings: {
      options: ImapAccountOptions;
      facts: ServerFacts;
      onWrite: (command: string) => void;
    },
  ) {
    this.wire = wire;
    this.names = names;
    this.backlog = new Backlog(wire);
    this.options = settings.options;
    this.onWrite = settings.onWrite;
    const { capabilities, product } = settings.facts;
    this.#capabilities = new Set(capabilities);
    const limit = capabilities.find((name) => name.startsWith('MESSAGELIMIT='))?.slice(13);
    this.messageLimit = limit !== undefined && Number(limit) > 0 ? Number(limit) : null;
    // Zimbra offers QRESYNC and tells of one folder while another one is open.
    this.qresync = this.has('QRESYNC') && this.has('ENABLE') && !/zimbra/i.test(product ?? '');
    this.condstore = this.has('CONDSTORE') || this.has('QRESYNC');
    this.courier = isCourier(settings.facts);
  }

  has(capability: string): boolean {
    return this.#capabilities.has(capability);
  }

  /** Runs `work` when all turns before it are over: its commands follow each other without any other in between. */
  async turn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#turns;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turns = promise;
    await before;
    try {
      return await work();
    } finally {
      resolve();
    }
  }

  /** The turn ends as soon as `work` has sent its commands; what it returns is boxed, so that nothing waits for the answers. */
  async send<T>(work: () => T): Promise<{ sent: T }> {
    return this.turn(async () => ({ sent: this.wire.together(work) }));
  }

  /** Sends one command at once. Resolves with the text of its OK; rejects with what NO and BAD mean. */
  async ok(text: string, listener: Listener = {}): Promise<string> {
    const answer = await this.answer(text, listener);
    if (answer.status === 'OK') return answer.text;
    throw this.error(refusal(answer), text);
  }

  /** Sends one command at once. Resolves with any tagged answer. */
  async answer(text: string, listener: Listener = {}): Promise<TaggedAnswer> {
    this.backlog.wait();
    try {
      return await this.wire.command(text, listener);
    } finally {
      this.backlog.stopWaiting();
    }
  }

  /** Sends SELECT or EXAMINE at once where it is needed. */
  open(
    path: string,
    { writable = false, mode, extension = '', quiet = false, bodies = false, news }: OpenFolderOptions,
  ): SelectedFolder {
    const current = this.#folder;
    const fits = current?.path === path && current.state !== 'refused' && (current.writable || !writable);
    if (mode === 'keep' && fits && (!this.courier || this.#examined === bodies)) return current;
    if (bodies) this.selectOnce(path);
    const folder = new SelectedFolder(path, writable, news);
    this.#folder = folder;
    this.#examined = !writable && (!this.courier || bodies);
    if (!this.#examined) this.#selected.add(path);
    const text = `${this.#examined ? 'EXAMINE' : 'SELECT'} ${this.names.quoted(path)}${extension}`;
    folder.opened = quiet ? this.#openQuietly(text, folder) : this.ok(text, folder);
    // Whoever uses the folder says what went wrong.
    folder.opened.catch(() => {
      folder.state = 'refused';
      this.#selected.delete(path);
    });
    return folder;
  }

  /** Courier: its UIDVALIDITY lasts from now on. Sends at once; whether there is such a folder the next command tells. */
  selectOnce(path: string): void {
    if (this.courier && !this.#selected.has(path)) this.open(path, { mode: 'again' });
  }

  /**
   * Opens a folder and asks for messages of it, in one turn. null: `open` changed its mind.
   * Courier: nothing is asked for before EXAMINE was answered with OK, as the folder that was open before may still be.
   */
  async askFor<T>(
    open: () => SelectedFolder | null,
    ask: (folder: SelectedFolder) => T,
  ): Promise<{ folder: SelectedFolder; asked: T } | null> {
    return this.turn(async () => {
      if (!this.courier) {
        return this.wire.together(() => {
          const folder = open();
          return folder === null ? null : { folder, asked: ask(folder) };
        });
      }
      const folder = this.wire.together(open);
      if (folder === null) return null;
      this.backlog.wait();
      try {
        await folder.opened;
      } finally {
        this.backlog.stopWaiting();
      }
      return this.wire.together(() => ({ folder, asked: ask(folder) }));
    });
  }

  /** A whole message, without a change to it. */
  get wholeMessage(): string {
    return this.courier ? 'RFC822' : 'BODY.PEEK[]';
  }

  async #openQuietly(text: string, folder: SelectedFolder): Promise<void> {
    const answer = await this.wire.command(text, folder);
    if (answer.status !== 'OK') throw this.error(refusal(answer), text);
  }

  /** ENABLE is for the time when no folder is open (RFC 5161). Sends at once, and once. */
  enableQresync(): void {
    if (this.#qresyncEnabled) return;
    this.#qresyncEnabled = true;
    // EXAMINE with QRESYNC is answered with BAD when this was refused.
    this.wire.command('ENABLE QRESYNC').catch(() => undefined);
  }

  /** Waits until the folder is open; 'bad' where the server does not understand how it was asked to. */
  async openedOrBad(folder: SelectedFolder): Promise<'open' | 'bad'> {
    try {
      await folder.opened;
      return 'open';
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      if (cause instanceof Refusal && cause.responseStatus === 'BAD') return 'bad';
      throw error;
    }
  }

  /** Leaves the folder that is open, where the server knows how (RFC 3691). */
  leave(): void {
    if (this.#folder === undefined || !this.has('UNSELECT')) return;
    this.#folder = undefined;
    // The answer to the command that opens the next folder tells what matters.
    this.wire.command('UNSELECT').catch(() => undefined);
  }

  sameUidValidity(folder: SelectedFolder, expected: number | undefined): void {
    if (expected === undefined || folder.uidValidity === expected) return;
    throw new MxodusError('UIDVALIDITY_CHANGED', {
      what: `the folder "${folder.path}" has another UIDVALIDITY than when it was listed`,
      why: 'it was deleted and made again, or the server rebuilt it',
      advice: 'the same command again: what is at the destination is recognised, nothing is sent twice',
      where: this.where,
    });
  }

  requireUidValidity(folder: SelectedFolder): void {
    if (folder.uidValidity > 0) return;
    throw this.error(new Error(`the server does not tell the UIDVALIDITY of the folder "${folder.path}"`), 'SELECT');
  }

  /** Courier does not say UIDNEXT when it opens a folder. Sends at once. */
  async askUidNext(path: string): Promise<number> {
    let uidNext: number | undefined;
    await this.ok(`STATUS ${this.names.quoted(path)} (UIDNEXT)`, {
      untagged: ({ name, cursor }) => {
        if (name !== 'STATUS') return false;
        const told = /\bUIDNEXT (\d+)/i.exec(cursor.rest())?.[1];
        if (told !== undefined) uidNext = Number(told);
        return true;
      },
    });
    if (uidNext !== undefined) return uidNext;
    throw this.error(new Error(`the server does not tell the UIDNEXT of the folder "${path}"`), 'STATUS');
  }

  get where(): string {
    return `${this.options.user} at ${this.options.server}`;
  }

  /** @param command its text: the verb is named in the error */
  error(error: unknown, command: string): MxodusError {
    const [first = '', second = ''] = command.split(' ', 2);
    return commandError(error, this.options, first === 'UID' ? second : first);
  }
}

/** A tagged NO or BAD, as the classification of errors reads it. */
class Refusal extends Error {
  readonly responseStatus: 'NO' | 'BAD' | 'OK';
  readonly responseText: string;
  readonly serverResponseCode: string;

  constructor({ status, text }: TaggedAnswer) {
    super(`the server answered ${status} ${text}`);
    const code = readResponseCode(text);
    this.responseStatus = status;
    this.responseText = code.text;
    this.serverResponseCode = code.name;
  }
}

export const refusal = (answer: TaggedAnswer): Error => new Refusal(answer);

/** Why a connection ended, as the classification of errors reads it. */
export const ended = ({ kind, words, bye, cause }: Ending): Error =>
  Object.assign(new Error(words, { cause }), {
    ...(kind === 'garbled' ? {} : { code: kind === 'silent' ? 'ETIMEOUT' : 'NoConnection' }),
    ...(bye ? { reason: words } : {}),
  });
