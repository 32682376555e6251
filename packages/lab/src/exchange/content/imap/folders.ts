import { decodeModifiedUtf7, encodeModifiedUtf7 } from '../../../imap/modified-utf7.ts';
import type { SimFolder } from '../../mailbox/item.ts';
import type { MailboxStore } from '../../mailbox/store.ts';
import type { SimSwitches } from '../../switches.ts';

/** Special use as Exchange Online tells it, in plain LIST (2026-11). */
const SPECIAL: Readonly<Record<string, string>> = {
  drafts: '\\Drafts',
  sentitems: '\\Sent',
  deleteditems: '\\Trash',
  junkemail: '\\Junk',
};

export interface ListedFolder {
  folder: SimFolder;
  /** With "/", decoded. */
  path: string;
  attributes: readonly string[];
}

/** The folders below msgfolderroot that are not hidden, parents first; the inbox and what is in it begin with INBOX. */
export function listedFolders(store: MailboxStore, slashes: SimSwitches['imapSlashNames']): ListedFolder[] {
  const below = (parent: SimFolder, prefix: string): ListedFolder[] =>
    [...parent.children.values()].flatMap((folder) => {
      const isInbox = folder.wellKnownName === 'inbox';
      if (folder.isHidden || (!isInbox && slashes === 'hidden' && folder.displayName.includes('/'))) return [];
      const path = `${prefix}${isInbox ? 'INBOX' : folder.displayName.replaceAll('/', '_')}`;
      const children = below(folder, `${path}/`);
      const special = SPECIAL[folder.wellKnownName ?? ''];
      const attributes = [
        children.length > 0 ? '\\HasChildren' : '\\HasNoChildren',
        ...(special === undefined ? [] : [special]),
      ];
      return [{ folder, path, attributes }, ...children];
    });
  return below(store.folders.known('msgfolderroot'), '');
}

/** By its name on the wire; Exchange compares without case. */
export function folderNamed(folders: readonly ListedFolder[], wireName: string): ListedFolder | undefined {
  const wanted = fold(decodeModifiedUtf7(wireName));
  return folders.find(({ path }) => fold(path) === wanted);
}

const fold = (path: string): string => path.normalize('NFC').toLowerCase();

export const wireName = (path: string): string => `"${encodeModifiedUtf7(path).replace(/[\\"]/g, '\\$&')}"`;

/** Whether a LIST pattern fits (RFC 3501 6.3.8): "*" everything, "%" one level. */
export function fitsPattern(path: string, pattern: string): boolean {
  const source = pattern.replace(/[.*+?^${}()|[\]\\%]/g, (mark) =>
    mark === '*' ? '.*' : mark === '%' ? '[^/]*' : `\\${mark}`,
  );
  return new RegExp(`^${source}$`, 'is').test(encodeModifiedUtf7(path));
}
