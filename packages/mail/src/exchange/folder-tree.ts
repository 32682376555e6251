import type { ExchangeMailbox } from './exchange-mailbox.ts';
import { graphPath, graphQuery } from './graph/graph.ts';
import { isSearchFolder, type MailFolder, mailFolder, mailFolderPage } from './mail-folder.ts';
import type { WellKnownFolders } from './well-known-folders.ts';

/** The largest page that is never slow. */
const PAGE = graphQuery({ $top: 250 });

/** A folder below another; `parentFolderId` is the id of the folder it was listed in. */
export interface ListedFolder {
  id: string;
  parentFolderId: string;
  row: MailFolder;
}

/** Level by level, parents first: one $batch for 20 folders that have others in them. Exchange's own are left out with all below. */
export async function listFolderTree(
  { graph, user }: ExchangeMailbox,
  { root, itsOwn }: WellKnownFolders,
): Promise<ListedFolder[]> {
  const all: ListedFolder[] = [];
  let parents = [root];
  while (parents.length > 0) {
    const paths = parents.map((id) =>
      id === root ? `${graphPath`/users/${user}/mailFolders`}${PAGE}` : `${childFolders(user, id)}${PAGE}`,
    );
    const outcomes = await graph.batch(paths.map((path) => ({ method: 'GET', path })));
    const children: ListedFolder[] = [];
    for (const [index, outcome] of outcomes.entries()) {
      const parentFolderId = parents[index] ?? root;
      if (outcome.kind === 'refused') {
        // Deleted since its parent was listed.
        if (outcome.error.status === 404 && parentFolderId !== root) continue;
        throw outcome.error;
      }
      const page = mailFolderPage.parse(outcome.answer.body);
      const rows = page.value;
      const next = page['@odata.nextLink'];
      if (next !== undefined)
        for await (const more of graph.pages({ path: next })) rows.push(...more.map((row) => mailFolder.parse(row)));
      for (const row of rows) {
        if (itsOwn.has(row.id) || isSearchFolder(row) || row.isHidden === true) continue;
        children.push({ id: row.id, parentFolderId, row });
      }
    }
    all.push(...children);
    parents = children.flatMap(({ id, row }) => (row.childFolderCount === 0 ? [] : [id]));
  }
  return all;
}

export const childFolders = (user: string, id: string): string =>
  graphPath`/users/${user}/mailFolders/${id}/childFolders`;
