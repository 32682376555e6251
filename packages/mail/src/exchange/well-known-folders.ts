import { type FolderRole, invariant } from '@mxodus/model';
import { z } from 'zod';
import { type ExchangeMailbox, told } from './exchange-mailbox.ts';
import { graphPath } from './graph/graph.ts';

/** Folders Graph knows by a name in every language (GRAPH/api/resources/mailfolder): displayName is localized and says nothing. */
const ROLES: Readonly<Record<string, FolderRole>> = {
  inbox: 'inbox',
  sentitems: 'sent',
  drafts: 'drafts',
  deleteditems: 'trash',
  junkemail: 'junk',
  archive: 'archive',
};

/** Exchange's own: mail is never put there, and their names are taken. */
const ITS_OWN: readonly string[] = [
  'outbox',
  'syncissues',
  'conflicts',
  'localfailures',
  'serverfailures',
  'conversationhistory',
  'scheduled',
  'clutter',
  'searchfolders',
  'recoverableitemsdeletions',
];

const NEEDED: readonly string[] = ['msgfolderroot', 'inbox'];
const NAMES: readonly string[] = [...new Set([...NEEDED, ...Object.keys(ROLES), ...ITS_OWN])];

export interface WellKnownFolders {
  /** Id of the folder all others are in. */
  root: string;
  inbox: { id: string; displayName: string };
  /** By id. */
  roles: ReadonlyMap<string, FolderRole>;
  /** By id; the name where it is beside the inbox, else null. */
  itsOwn: ReadonlyMap<string, string | null>;
}

const folderName = z.object({ id: z.string(), displayName: z.string(), parentFolderId: z.string().nullish() });
type FolderName = z.output<typeof folderName>;

/** One request. Those that are not provisioned (archive, clutter, ...) are left out. */
export async function wellKnownFolders(mailbox: ExchangeMailbox): Promise<WellKnownFolders> {
  return told(mailbox, 'list its folders', async () => {
    const { graph, user } = mailbox;
    const outcomes = await graph.batch(
      NAMES.map((name) => ({
        method: 'GET',
        path: graphPath`/users/${user}/mailFolders/${name}?$select=id,displayName,parentFolderId`,
      })),
    );
    const found = new Map<string, FolderName>();
    for (const [index, outcome] of outcomes.entries()) {
      const name = NAMES[index] ?? '';
      if (outcome.kind === 'answered') found.set(name, folderName.parse(outcome.answer.body));
      else if (outcome.error.status !== 404 || NEEDED.includes(name)) throw outcome.error;
    }
    const [root, inbox] = NEEDED.map((name) => found.get(name));
    invariant(root !== undefined && inbox !== undefined, 'a batch has an outcome for each of its parts');
    const folders = (names: readonly string[]) => names.flatMap((name) => found.get(name) ?? []);
    return {
      root: root.id,
      inbox,
      roles: new Map(
        Object.entries(ROLES).flatMap(([name, role]) =>
          folders([name]).map(({ id }): [string, FolderRole] => [id, role]),
        ),
      ),
      itsOwn: new Map(
        folders(ITS_OWN).map(({ id, displayName, parentFolderId }) => [
          id,
          parentFolderId === root.id ? displayName : null,
        ]),
      ),
    };
  });
}
