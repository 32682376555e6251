import { type Folder, type GoneMessage, MxodusError, type UidRange } from '@mxodus/model';
import { MessageTable } from './message-table.ts';
import type { SyncContext } from './sync-context.ts';

interface FreeOfFolder {
  uidValidity: number;
  messages: MessageTable;
}

/** Runs of UIDs nearer than this are listed together: a few rows too many cost less than one more command. */
const GAP = 100;
const ROWS = 20_000;

/**
 * The messages of the destination's folders that are in no pair: neither known as those of a message that is in its place at the source, nor
 * taken since. Folders are listed when they are first asked for, and only what is free.
 */
export class FreeMessages {
  readonly #context: SyncContext;
  readonly #folders: ReadonlyMap<string, Folder>;
  readonly #read = new Map<string, FreeOfFolder>();
  /** Of the source, by the folder they would belong in. */
  #gone: ReadonlyMap<string, readonly GoneMessage[]> | undefined;

  constructor(context: SyncContext, folders: readonly Folder[]) {
    this.#context = context;
    this.#folders = new Map(folders.map((folder) => [folder.path, folder]));
  }

  async at(path: string): Promise<FreeOfFolder> {
    const known = this.#read.get(path);
    if (known !== undefined) return known;
    const status = this.#folders.get(path)?.status ?? null;
    const uidValidity = status?.uidValidity ?? 0;
    const messages =
      status === null || status.messages === 0 ? new MessageTable() : await this.#list(path, uidValidity);
    const read = { uidValidity, messages };
    this.#read.set(path, read);
    return read;
  }

  take(path: string, uids: ReadonlySet<number>): void {
    const read = this.#read.get(path);
    if (read !== undefined) read.messages = read.messages.without(uids);
  }

  async #list(path: string, uidValidity: number): Promise<MessageTable> {
    const free = new MessageTable();
    try {
      const session = await this.#context.connections.destination();
      const paired = await this.#paired(path, uidValidity);
      for (const range of ranges((await session.uids(path)).filter((uid) => !paired.has(uid)))) {
        const scan = await session.scan(path, { range });
        if (scan.uidValidity !== uidValidity) break;
        for (const message of scan.messages) if (!paired.has(message.uid)) free.add(message);
      }
    } catch (error) {
      // A folder that cannot be opened shows nothing; what belongs into it is told when it is to be sent.
      if (!(error instanceof MxodusError) || error.code !== 'SERVER_ANSWER') throw error;
    }
    return free;
  }

  async #paired(path: string, uidValidity: number): Promise<Set<number>> {
    const { ledger, mailboxId } = this.#context;
    const paired = new Set<number>();
    for (const folder of await ledger.currentFolders(mailboxId)) {
      if (folder.destination !== path || folder.destinationUidValidity !== uidValidity) continue;
      for (const uid of await ledger.destinationUids(folder.id)) paired.add(uid);
    }
    this.#gone ??= Map.groupBy(await ledger.goneMessages(mailboxId), ({ destination }) => destination);
    for (const { destinationUid } of this.#gone.get(path) ?? [])
      if (destinationUid !== null) paired.delete(destinationUid);
    return paired;
  }
}

/** Ascending UIDs as ranges that hold them all. */
export function* ranges(uids: readonly number[]): Generator<Required<UidRange>> {
  let [from, to, count] = [0, 0, 0];
  for (const uid of uids) {
    if (count > 0 && (uid - to > GAP || count >= ROWS)) {
      yield { from, to };
      count = 0;
    }
    if (count === 0) from = uid;
    to = uid;
    count += 1;
  }
  if (count > 0) yield { from, to };
}
