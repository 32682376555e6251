import { isInbox, keepsFoldersBelowInbox } from '@mxodus/engine';
import type { Folder, MailSession } from '@mxodus/model';

const CASE_SENSITIVE = /dovecot|cyrus|courier/i;

export type CaseFolding = 'folds' | 'keeps' | 'unknown';

/** Whether the server takes "Sent" and "sENT" for one folder. Asked of a folder it has; without one, known products answer. */
export async function caseFolding(session: MailSession, folders: readonly Folder[]): Promise<CaseFolding> {
  const paths = new Set(folders.map((folder) => folder.path));
  for (const { path, levels, status } of folders) {
    const last = levels.at(-1) ?? '';
    const swapped = swapCase(last);
    if (status === null || isInbox(path) || swapped === last) continue;
    const other = path.slice(0, path.length - last.length) + swapped;
    if (paths.has(other)) return 'keeps';
    return (await session.probeName(other)).kind === 'taken' ? 'folds' : 'keeps';
  }
  const { product, namespace } = session.facts;
  return CASE_SENSITIVE.test(product ?? '') || keepsFoldersBelowInbox(namespace) ? 'keeps' : 'unknown';
}

const swapCase = (text: string): string =>
  text.replace(/[a-z]/gi, (c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase()));
