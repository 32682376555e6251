import {
  type Appender,
  type AppendOutcome,
  type FetchedMessage,
  type Governor,
  type Login,
  type MailAccount,
  type MailSession,
  MxodusError,
  type OutgoingMessage,
  type SlowDown,
  type Wait,
  type WaitOptions,
} from '@mxodus/model';
import { severalWaits } from './several-waits.ts';

/**
 * An account whose connections and commands go through the governor of its server. A connection is given back when it is closed, or
 * when an error shows that it has ended. What the server asks for, in an error or in the answer to an append, is passed on to the
 * governor; errors and answers themselves are as they were.
 *
 * @param onWait called when something of this account waits for a second or more, and with null when nothing waits any more
 */
export function governed(account: MailAccount, governor: Governor, onWait: (wait: Wait | null) => void): MailAccount {
  const login = { server: account.server, user: account.user };
  const ear = severalWaits(onWait);
  return {
    server: account.server,
    user: account.user,
    open: async (signal, onWrite) => {
      const line = new GovernedLine<MailSession>(governor, login, { signal, ear });
      return sessionOver(await line.open(() => account.open(signal, onWrite)), line);
    },
    openAppender: async (signal, onWrite, mayCommit) => {
      const line = new GovernedLine<Appender>(governor, login, { signal, ear });
      return appenderOver(await line.open(() => account.openAppender(signal, onWrite, mayCommit)), line);
    },
  };
}

/** One connection and its commands. */
class GovernedLine<C extends { readonly usable: boolean; close(): Promise<void> }> {
  readonly #governor: Governor;
  readonly #login: Login;
  readonly #signal: AbortSignal;
  readonly #ear: () => (wait: Wait | null) => void;
  #connection: C | undefined;
  #giveBack = (): void => undefined;

  constructor(
    governor: Governor,
    login: Login,
    options: { signal: AbortSignal; ear: () => (wait: Wait | null) => void },
  ) {
    this.#governor = governor;
    this.#login = login;
    this.#signal = options.signal;
    this.#ear = options.ear;
  }

  async open(connect: () => Promise<C>): Promise<C> {
    this.#giveBack = await this.#governor.connection(this.#login, this.#wait());
    try {
      this.#connection = await connect();
    } catch (error) {
      this.#failed(error);
      throw error;
    }
    this.#answered([]);
    return this.#connection;
  }

  /** One that has ended is given back as soon as anybody sees it. */
  get usable(): boolean {
    const usable = this.#connection?.usable === true;
    if (!usable) this.#giveBack();
    return usable;
  }

  /**
   * @param bytes message bytes that go with it
   * @param hintsIn what the server asks for in an answer
   */
  async command<T>(bytes: number, send: () => Promise<T>, hintsIn?: (answer: T) => readonly SlowDown[]): Promise<T> {
    await this.#governor.admit(this.#login, bytes, this.#wait());
    try {
      const answer = await send();
      this.#answered(hintsIn?.(answer) ?? []);
      return answer;
    } catch (error) {
      this.#failed(error);
      throw error;
    }
  }

  /** Bodies are counted as they come; the next is not asked for before the rate has made up for the last. */
  async *rows(send: () => AsyncIterable<FetchedMessage>): AsyncGenerator<FetchedMessage> {
    await this.#governor.admit(this.#login, 1, this.#wait());
    try {
      for await (const message of send()) {
        this.crossed(message.body.length);
        yield message;
        await this.#governor.caughtUp(this.#login, this.#wait());
      }
    } catch (error) {
      this.#failed(error);
      throw error;
    }
    this.#answered([]);
  }

  crossed(bytes: number): void {
    this.#governor.crossed(this.#login, bytes);
  }

  async close(): Promise<void> {
    try {
      await this.#connection?.close();
    } finally {
      this.#giveBack();
    }
  }

  /** The server may have asked for less: it is told while the connection is still counted. Then that may be gone. */
  #failed(error: unknown): void {
    if (error instanceof MxodusError && error.hint !== undefined) this.#governor.slowDown(this.#login, error.hint);
    if (this.#connection?.usable !== true) this.#giveBack();
  }

  #answered(hints: readonly SlowDown[]): void {
    for (const hint of hints) this.#governor.slowDown(this.#login, hint);
    if (hints.length === 0) this.#governor.wentWell(this.#login);
  }

  #wait(): WaitOptions {
    return { signal: this.#signal, onWait: this.#ear() };
  }
}

const bytesOf = (messages: readonly OutgoingMessage[]): number =>
  messages.reduce((sum, { body }) => sum + (body.kind === 'memory' ? body.bytes.length : body.size), 0);

/** Each once: the answer to one command may be that of many messages. */
function hintsOf(outcomes: readonly AppendOutcome[]): SlowDown[] {
  const hints = new Map<string, SlowDown>();
  for (const outcome of outcomes) {
    const hint = outcome.kind === 'refused' ? outcome.hint : undefined;
    if (hint !== undefined) hints.set(`${hint.scope} ${hint.kind} ${hint.pauseMs} ${hint.words}`, hint);
  }
  return [...hints.values()];
}

function sessionOver(session: MailSession, line: GovernedLine<MailSession>): MailSession {
  const small = <T>(send: () => Promise<T>): Promise<T> => line.command(0, send);
  const bodies = (uids: readonly number[], send: () => AsyncIterable<FetchedMessage>) =>
    uids.length === 0 ? send() : line.rows(send);
  return {
    get facts() {
      return session.facts;
    },
    get usable() {
      return line.usable;
    },
    get keyed() {
      return session.keyed;
    },
    listFolders: () => small(() => session.listFolders()),
    status: (path) => small(() => session.status(path)),
    probeName: (path) => small(() => session.probeName(path)),
    quota: () => small(() => session.quota()),
    scan: (path, options) => small(() => session.scan(path, options)),
    flags: (path, range) => small(() => session.flags(path, range)),
    uids: (path) => small(() => session.uids(path)),
    changes: (path, since) => small(() => session.changes(path, since)),
    fetch: (path, uids, uidValidity) => bodies(uids, () => session.fetch(path, uids, uidValidity)),
    fetchBinary: (path, uids, uidValidity) => bodies(uids, () => session.fetchBinary(path, uids, uidValidity)),
    fetchHeaders: (path, uids, uidValidity) => bodies(uids, () => session.fetchHeaders(path, uids, uidValidity)),
    download: async (path, uid, to) => {
      // How large it is, is known when it is here.
      const bytes = await line.command(1, () => session.download(path, uid, to));
      line.crossed(bytes ?? 0);
      return bytes;
    },
    create: (path, role) => small(() => session.create(path, role)),
    subscribe: (path) => small(() => session.subscribe(path)),
    storeFlags: (path, uids, change) => small(() => session.storeFlags(path, uids, change)),
    move: (path, uids, to) => small(() => session.move(path, uids, to)),
    copy: (path, uids, to) => small(() => session.copy(path, uids, to)),
    expunge: (path, uids) => small(() => session.expunge(path, uids)),
    close: () => line.close(),
  };
}

function appenderOver(appender: Appender, line: GovernedLine<Appender>): Appender {
  return {
    strategy: appender.strategy,
    get usable() {
      return line.usable;
    },
    append: (folder, messages) =>
      line.command(
        bytesOf(messages),
        () => appender.append(folder, messages),
        ({ outcomes }) => hintsOf(outcomes),
      ),
    close: () => line.close(),
  };
}
