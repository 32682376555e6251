import { type Folder, type FolderStatus, type ItemFolder, MxodusError, type NameProbe } from '@mxodus/model';
import { type ExchangeMailbox, isGone, told } from './exchange-mailbox.ts';
import {
  foldedName,
  foldedPath,
  isReserved,
  levelOf,
  levelsOfPath,
  nameRefusal,
  namesOf,
  SEPARATOR,
} from './folder-names.ts';
import { childFolders, type ListedFolder, listFolderTree } from './folder-tree.ts';
import { graphPath, graphQuery, odataText } from './graph/graph.ts';
import { chainOf, isNamed, type KnownFolder, type KnownFolders, keyOf, levelsOf } from './known-folders.ts';
import { type MailFolder, mailFolder } from './mail-folder.ts';
import { type WellKnownFolders, wellKnownFolders } from './well-known-folders.ts';

/** A folder of a mailbox: its id in Graph, and its UIDs. */
export interface FolderPlace {
  id: string;
  book: ItemFolder;
}

/** Paths to folders: as they were listed or found, and asked about anew where it matters. */
export class MailboxFolders {
  readonly mailbox: ExchangeMailbox;
  readonly #known: KnownFolders;

  constructor(mailbox: ExchangeMailbox, known: KnownFolders) {
    this.mailbox = mailbox;
    this.#known = known;
  }

  /** All folders with their counts. Hidden ones and Exchange's own are left out. */
  async list(): Promise<Folder[]> {
    this.#known.wellKnown = undefined;
    const wellKnown = await this.#wellKnown();
    const rows = await told(this.mailbox, 'list its folders', () => listFolderTree(this.mailbox, wellKnown));
    const listed = placed(rows, wellKnown);
    this.#known.replace(listed.map(({ folder }) => folder));
    const folders: Folder[] = [];
    for (const { folder, row } of listed) {
      const levels = levelsOf(folder);
      const role = wellKnown.roles.get(folder.id) ?? null;
      const status = await this.#statusOf(row);
      folders.push({ path: levels.join(SEPARATOR), levels, role, subscribed: true, status });
    }
    return folders;
  }

  /**
   * null: no such folder. One request where the folder is known: it and those above it must still be called so and be there, since
   * to delete a folder is to move it to the deleted items.
   */
  async status(path: string): Promise<FolderStatus | null> {
    return told(this.mailbox, `open the folder "${path}"`, async () => {
      const row = await this.#asked(path);
      return row === null ? null : this.#statusOf(row);
    });
  }

  /**
   * Where the folder was, or is found to be; asked about again only when `fresh`. `book.uidNext` is as of now. Throws FOLDER_REFUSED
   * where it is not there.
   */
  async place(path: string, options: { fresh?: boolean } = {}): Promise<FolderPlace> {
    const place = await this.seek(path, options);
    if (place === null) throw this.#missing(path);
    return place;
  }

  /** As `place`; null: it is not there. */
  async seek(path: string, { fresh = false }: { fresh?: boolean } = {}): Promise<FolderPlace | null> {
    if (fresh) await this.status(path);
    const folder = await told(this.mailbox, `open the folder "${path}"`, () => this.find(path));
    return folder === null ? null : { id: folder.id, book: await this.#book(folder.id) };
  }

  /** What CREATE would meet. Nothing is asked once the folders were listed. */
  async probe(path: string): Promise<NameProbe> {
    const levels = levelsOfPath(path);
    for (const level of levels) {
      const why = nameRefusal(level);
      if (why !== null) return { kind: 'refused', why };
    }
    if (this.#known.get(path) !== undefined) return { kind: 'taken' };
    const [first = ''] = levels;
    if (isItsOwn(first, await this.#wellKnown()))
      return { kind: 'refused', why: `"${first}" is the name of a folder of Exchange's own` };
    if (this.#known.complete) return { kind: 'free' };
    const found = await told(this.mailbox, `look for the folder "${path}"`, () => this.find(path));
    return { kind: found === null ? 'free' : 'taken' };
  }

  forget(path: string): void {
    this.#known.forget(path);
  }

  /** Level by level, as far as it is not known. Throws what Graph says. */
  async find(path: string): Promise<KnownFolder | null> {
    const known = this.#known.get(path);
    if (known !== undefined) return known;
    let folder: KnownFolder | null = null;
    for (const level of levelsOfPath(path)) {
      folder = this.below(folder, level) ?? (await this.look(folder, level));
      if (folder === null) return null;
    }
    return folder;
  }

  below(parent: KnownFolder | null, level: string): KnownFolder | undefined {
    return this.#known.get([...(parent === null ? [] : levelsOf(parent)), level].join(SEPARATOR));
  }

  /**
   * The folder of this name in another one, asked now. Throws what Graph says.
   *
   * @param everyName looks at all of them: Exchange takes names for one that `$filter` may tell apart (letters in another case)
   */
  async look(parent: KnownFolder | null, level: string, everyName = false): Promise<KnownFolder | null> {
    const { graph, user } = this.mailbox;
    const { inbox, itsOwn } = await this.#wellKnown();
    if (parent === null && level === 'INBOX') return this.remember({ id: inbox.id, level, parent });
    const [name = '', ...others] = namesOf(level);
    const filter = everyName || others.length > 0 ? undefined : `displayName eq ${odataText(name)}`;
    const path = parent === null ? graphPath`/users/${user}/mailFolders` : childFolders(user, parent.id);
    try {
      for await (const rows of graph.pages({ path: `${path}${graphQuery({ $filter: filter, $top: 250 })}` })) {
        const row = rows
          .map((one) => mailFolder.parse(one))
          .find((one) => isNamed(one.displayName, level) && !itsOwn.has(one.id));
        if (row !== undefined) return this.remember({ id: row.id, level: levelOf(row.displayName), parent });
      }
    } catch (error) {
      if (!isGone(error) || parent === null) throw error;
      this.forget(levelsOf(parent).join(SEPARATOR));
    }
    return null;
  }

  remember(folder: KnownFolder): KnownFolder {
    this.#known.add(folder);
    return folder;
  }

  /** The folder's row, when it is where its path says; found anew when it is not where it was. */
  async #asked(path: string): Promise<MailFolder | null> {
    for (const chance of ['as known', 'anew']) {
      const known = this.#known.get(path);
      const folder = known ?? (await this.find(path));
      if (folder === null) return null;
      const row = await this.#inPlace(folder);
      if (row !== null || known === undefined || chance === 'anew') return row;
    }
    return null;
  }

  async #inPlace(folder: KnownFolder): Promise<MailFolder | null> {
    const { graph, user } = this.mailbox;
    const { root, inbox } = await this.#wellKnown();
    const chain = chainOf(folder);
    const paths = chain.map(({ id }) => graphPath`/users/${user}/mailFolders/${id}`);
    const [only = ''] = paths;
    const rows: MailFolder[] = [];
    if (paths.length === 1) {
      try {
        rows.push(mailFolder.parse((await graph.send({ method: 'GET', path: only, repeat: 'safe' })).body));
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    } else {
      for (const outcome of await graph.batch(paths.map((path) => ({ method: 'GET', path })))) {
        if (outcome.kind === 'answered') rows.push(mailFolder.parse(outcome.answer.body));
        else if (!isGone(outcome.error)) throw outcome.error;
      }
    }
    const byId = new Map(rows.map((row) => [row.id, row]));
    for (const { id, level, parent } of chain.toReversed()) {
      const row = byId.get(id);
      const stays =
        row !== undefined &&
        (id === inbox.id || (isNamed(row.displayName, level) && row.parentFolderId === (parent?.id ?? root)));
      if (!stays) {
        this.forget(levelsOf({ id, level, parent }).join(SEPARATOR));
        return null;
      }
    }
    return byId.get(folder.id) ?? null;
  }

  #wellKnown(): Promise<WellKnownFolders> {
    const known = this.#known;
    if (known.wellKnown !== undefined) return known.wellKnown;
    const asked = wellKnownFolders(this.mailbox);
    known.wellKnown = asked;
    asked.catch(() => {
      if (known.wellKnown === asked) known.wellKnown = undefined;
    });
    return asked;
  }

  #book(id: string): Promise<ItemFolder> {
    return this.mailbox.items.folder(this.mailbox.account, id);
  }

  async #statusOf(row: MailFolder): Promise<FolderStatus> {
    const { uidNext, uidValidity } = await this.#book(row.id);
    return {
      messages: row.totalItemCount ?? 0,
      uidNext,
      uidValidity,
      highestModseq: null,
      bytes: row.sizeInBytes ?? null,
    };
  }

  #missing(path: string): MxodusError {
    return new MxodusError('FOLDER_REFUSED', {
      what: `the folder "${path}" is not there`,
      why: 'it was deleted or renamed',
      advice: 'the same command again makes it anew',
      where: `server ${this.mailbox.server}, user ${this.mailbox.user}`,
    });
  }
}

const isItsOwn = (level: string, { inbox, itsOwn }: WellKnownFolders): boolean =>
  isReserved(level, inbox.displayName) ||
  [...itsOwn.values()].some((name) => name !== null && foldedName(levelOf(name)) === foldedName(level));

/** One path cannot mean two folders ("Inbox" beside a "Posteingang", "a／b" beside "a/b"): the first one has it. */
function placed(
  rows: readonly ListedFolder[],
  { root, inbox }: WellKnownFolders,
): { folder: KnownFolder; row: MailFolder }[] {
  const byId = new Map<string, KnownFolder>();
  const taken = new Set([foldedPath('INBOX')]);
  return rows.flatMap(({ id, parentFolderId, row }) => {
    const parent = parentFolderId === root ? null : byId.get(parentFolderId);
    if (parent === undefined) return [];
    const folder = { id, level: id === inbox.id ? 'INBOX' : levelOf(row.displayName), parent };
    const key = keyOf(folder);
    if (taken.has(key) && id !== inbox.id) return [];
    taken.add(key);
    byId.set(id, folder);
    return [{ folder, row }];
  });
}
