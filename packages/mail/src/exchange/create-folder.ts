import { MxodusError } from '@mxodus/model';
import { type ExchangeMailbox, told } from './exchange-mailbox.ts';
import { levelsOfPath, nameRefusal } from './folder-names.ts';
import { childFolders } from './folder-tree.ts';
import { GraphDoubt, GraphRefusal, graphPath } from './graph/graph.ts';
import type { KnownFolder } from './known-folders.ts';
import { mailFolder } from './mail-folder.ts';
import type { MailboxFolders } from './mailbox-folders.ts';

/** How often a create without an answer is sent: Exchange has a name once in a folder, so the second finds what the first made. */
const ATTEMPTS = 4;

/** Makes the folder and the levels above it, as far as they are not there. */
export async function createFolder(folders: MailboxFolders, path: string): Promise<void> {
  await told(folders.mailbox, `create the folder "${path}"`, async () => {
    let parent: KnownFolder | null = null;
    for (const level of levelsOfPath(path)) {
      const there: KnownFolder | null = folders.below(parent, level) ?? (await folders.look(parent, level));
      parent = there ?? (await make(folders, { parent, level, path }));
    }
  });
}

interface NewFolder {
  parent: KnownFolder | null;
  level: string;
  /** What was asked for, of which it is a level. */
  path: string;
}

async function make(folders: MailboxFolders, wanted: NewFolder): Promise<KnownFolder> {
  const { parent, level, path } = wanted;
  const { graph, user } = folders.mailbox;
  const why = nameRefusal(level);
  if (why !== null) throw refused(folders.mailbox, path, why);
  const request = {
    method: 'POST',
    path: parent === null ? graphPath`/users/${user}/mailFolders` : childFolders(user, parent.id),
    body: { displayName: level },
    repeat: 'once',
  } as const;
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { body } = await graph.send(request);
      return folders.remember({ id: mailFolder.parse(body).id, level, parent });
    } catch (error) {
      if (!(error instanceof GraphDoubt) && !isThere(error)) throw refusalOf(error, folders.mailbox, path);
      const found = await folders.look(parent, level, true);
      if (found !== null) return found;
      if (isThere(error)) throw refused(folders.mailbox, path, `${error.message} It is not a folder for mail`, error);
      if (attempt >= ATTEMPTS) throw error;
    }
  }
}

/** 409, and 400 as well: the code says it (facts §2). */
const isThere = (error: unknown): error is GraphRefusal =>
  error instanceof GraphRefusal && error.code === 'ErrorFolderExists';

/** What is wrong with the name or the place is this folder's trouble; the rest is the mailbox's. */
function refusalOf(error: unknown, mailbox: ExchangeMailbox, path: string): unknown {
  const isOurs = error instanceof GraphRefusal && error.status === 400 && !/quota/i.test(error.code);
  return isOurs ? refused(mailbox, path, `${error.code}: ${error.message}`, error) : error;
}

const refused = ({ server, user }: ExchangeMailbox, path: string, words: string, cause?: unknown): MxodusError =>
  new MxodusError('FOLDER_REFUSED', {
    what: `Exchange does not create the folder "${path}": ${words}`,
    why: 'see its words',
    advice: 'give the folder another name with `sync.folders.map`, then plan again',
    where: `server ${server}, user ${user}`,
    cause,
  });
