import { type Appender, type MailAccount, type MailSession, MxodusError } from '@mxodus/model';

export interface Lane {
  reader: MailSession;
  appender: Appender;
}

export interface MailboxAccounts {
  source: MailAccount;
  destination: MailAccount;
}

export interface ConnectionOptions {
  width: number;
  signal: AbortSignal;
  /** Of the destination; see MailAccount. */
  onWrite: (command: string) => void;
  mayCommit?: () => void;
}

/**
 * The connections of one mailbox, opened when first needed and kept over its folders: one session at each end for the small
 * commands, and up to `width` lanes that copy. What was lost is opened anew by the next use.
 */
export class MailboxConnections {
  readonly #accounts: MailboxAccounts;
  readonly #signal: AbortSignal;
  readonly #onWrite: (command: string) => void;
  readonly #mayCommit: (() => void) | undefined;
  readonly width: number;
  #source: Promise<MailSession> | undefined;
  #destination: Promise<MailSession> | undefined;
  #lanes: (Promise<Lane> | undefined)[] = [];

  constructor(accounts: MailboxAccounts, options: ConnectionOptions) {
    this.#accounts = accounts;
    this.#signal = options.signal;
    this.#onWrite = options.onWrite;
    this.#mayCommit = options.mayCommit;
    this.width = options.width;
  }

  async source(): Promise<MailSession> {
    if (await isLost(this.#source)) this.#source = undefined;
    this.#source ??= this.#accounts.source.open(this.#signal, refuseWrite);
    return this.#source;
  }

  async destination(): Promise<MailSession> {
    if (await isLost(this.#destination)) this.#destination = undefined;
    this.#destination ??= this.#accounts.destination.open(this.#signal, this.#onWrite);
    return this.#destination;
  }

  async lane(index: number): Promise<Lane> {
    const known = await this.#lanes[index]?.catch(() => undefined);
    if (known?.reader.usable && known.appender.usable) return known;
    if (known !== undefined)
      await Promise.allSettled([known.appender.close(), index === 0 ? undefined : known.reader.close()]);
    const lane = this.#openLane(index);
    this.#lanes[index] = lane;
    return lane;
  }

  /** The first lane reads over the session that scans, which is idle while folders are copied. */
  async #openLane(index: number): Promise<Lane> {
    const reader = index === 0 ? this.source() : this.#accounts.source.open(this.#signal, refuseWrite);
    const [read, append] = await Promise.allSettled([
      reader,
      this.#accounts.destination.openAppender(this.#signal, this.#onWrite, this.#mayCommit),
    ]);
    if (read.status === 'fulfilled' && append.status === 'fulfilled')
      return { reader: read.value, appender: append.value };
    if (append.status === 'fulfilled') await append.value.close();
    if (read.status === 'fulfilled' && index !== 0) await read.value.close();
    throw read.status === 'rejected'
      ? read.reason
      : append.status === 'rejected'
        ? append.reason
        : new Error('unreachable');
  }

  /** Closes everything; the next use opens anew. */
  async close(): Promise<void> {
    const lanes = this.#lanes.filter((lane) => lane !== undefined);
    const sessions = [this.#source, this.#destination].filter((session) => session !== undefined);
    this.#lanes = [];
    this.#source = undefined;
    this.#destination = undefined;
    const settled = await Promise.allSettled(lanes);
    const open = settled.flatMap((lane) => (lane.status === 'fulfilled' ? [lane.value] : []));
    const closing = [
      ...open.flatMap((lane) => [lane.appender.close(), lane.reader.close()]),
      ...sessions.map(async (session) => (await session).close()),
    ];
    // A connection that is gone cannot be closed; that is no news.
    await Promise.allSettled(closing);
  }
}

/** Opened, and ended since; or it could not be opened. */
async function isLost(session: Promise<MailSession> | undefined): Promise<boolean> {
  if (session === undefined) return false;
  const [outcome] = await Promise.allSettled([session]);
  return outcome.status === 'rejected' || !outcome.value.usable;
}

function refuseWrite(command: string): never {
  throw new MxodusError('INVARIANT', {
    what: `${command} was about to be sent to the source`,
    why: 'mxodus never changes the source; this is a bug',
    advice: 'please report it; nothing was sent',
  });
}
