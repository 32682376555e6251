import { canaryOf } from '@mxodus/engine';
import type { Folder, MailAccount, MailSession } from '@mxodus/model';
import { refuseWrite } from './refuse-write.ts';

export interface SearchOptions {
  /** Milliseconds since the epoch: when the first of the wanted ones was sent. */
  since: number;
  now: number;
  /** Also folders that are neither INBOX nor junk: somebody may have moved it, or a rule of theirs. */
  everywhere: boolean;
  signal: AbortSignal;
}

/** UIDs that are listed at first, going back from the end; four times as many each time, until they are older than what is wanted. */
const FIRST_LOOK = 200;
const MOST = 20_000;
/** What the clocks of two machines may differ by. */
const CLOCKS_MS = 3_600_000;

/** Looks for test mails in one mailbox, by listing what is new in its folders. */
export class CanarySearch {
  readonly #account: MailAccount;
  /** Test mails found so far, and when they arrived; kept, as what was listed once is not listed again. */
  readonly #arrived = new Map<string, number | null>();
  /** The next UID to look at, and the UIDVALIDITY it is of, by folder. */
  readonly #floors = new Map<string, { uidValidity: number; uid: number }>();

  constructor(account: MailAccount) {
    this.#account = account;
  }

  /** When each of the test mails arrived that were found, now or before; null: the server does not tell. */
  async look(options: SearchOptions): Promise<ReadonlyMap<string, number | null>> {
    const session = await this.#account.open(options.signal, refuseWrite('a mailbox'));
    try {
      for (const folder of await session.listFolders()) {
        const { path, status } = folder;
        if (status === null || status.messages === 0) continue;
        if (options.everywhere || isDeliveredTo(folder)) await this.#lookIn(session, path, options);
      }
    } finally {
      await session.close();
    }
    return this.#arrived;
  }

  async #lookIn(session: MailSession, path: string, { since, now }: SearchOptions): Promise<void> {
    const from = since - CLOCKS_MS;
    if (session.keyed !== null) {
      const messages = await session.keyed.look(path, { from, to: now + CLOCKS_MS });
      for (const { messageId, internalDate } of messages) this.#note(messageId, internalDate);
      return;
    }
    const floor = this.#floors.get(path);
    for (let window = FIRST_LOOK; ; window *= 4) {
      const status = await session.status(path);
      if (status === null) return;
      const known = floor?.uidValidity === status.uidValidity ? floor.uid : null;
      const first = Math.max(1, known ?? status.uidNext - window);
      if (first >= status.uidNext) return;
      const scan = await session.scan(path, { range: { from: first }, messageIds: true });
      for (const { messageId, internalDate } of scan.messages) this.#note(messageId ?? null, internalDate);
      const isOldEnough = scan.messages.some(({ internalDate }) => internalDate !== null && internalDate < from);
      if (known === null && first > 1 && !isOldEnough && scan.messages.length < MOST) continue;
      this.#floors.set(path, { uidValidity: scan.uidValidity, uid: scan.uidNext });
      return;
    }
  }

  #note(messageId: string | null, arrived: number | null): void {
    const id = canaryOf(messageId);
    if (id !== null && !this.#arrived.has(id)) this.#arrived.set(id, arrived);
  }
}

/** Where mail comes to without anybody's doing; a server need not say which folder is for junk (RFC 6154). */
function isDeliveredTo({ path, role }: Folder): boolean {
  return path.toUpperCase() === 'INBOX' || role === 'junk' || /\b(?:junk|spam)\b/i.test(path);
}
