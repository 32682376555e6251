import type { Item, Mailbox, SourceMessage } from './mailbox.ts';

/** What a delete at the source does to the copy. */
export type DeletePolicy = 'keep' | 'trash' | 'mirror';

export const TRASH = 'Trash';

/**
 * What a complete pass makes of the destination, whatever was killed or cut before it:
 *
 *   at the source            copy where mxodus put it           copy moved or deleted by the user   no copy yet
 *   new                      -                                  -                                   copied: content, date, flags
 *   flags changed            the same flags change              nothing                             copied with its flags of now
 *   moved to a folder        moved there                        nothing                             copied there
 *   deleted                  keep: stays, and is the user's     nothing                             nothing
 *                            trash: moved to the trash
 *                            mirror: removed
 *
 * Flags are merged three ways: what the source added or removed since the last complete pass is added or removed; all else is as
 * the user at the destination wants it. What the user there put there is never touched.
 */
export function completePass(mailbox: Mailbox, policy: DeletePolicy): void {
  for (const message of mailbox.gone) carryDelete(mailbox, message, policy);
  mailbox.gone.clear();
  for (const message of mailbox.messages) {
    if (message.copy === 'none') message.copy = addCopy(mailbox, message);
    else if (typeof message.copy === 'object') bringInStep(message, message.copy);
    message.syncedFlags = new Set(message.flags);
  }
  noteUnsure(mailbox);
}

function carryDelete({ items }: Mailbox, { copy }: SourceMessage, policy: DeletePolicy): void {
  if (typeof copy !== 'object') return;
  copy.copyOf = null;
  if (policy === 'mirror') items.delete(copy);
  if (policy === 'trash' && copy.folder !== TRASH) relocate(copy, TRASH);
}

function addCopy({ items }: Mailbox, message: SourceMessage): Item {
  const { content, folder, date } = message;
  const item = { content, folder, date, flags: new Set(message.flags), uid: null, copyOf: message };
  items.add(item);
  return item;
}

function bringInStep({ folder, flags, syncedFlags }: SourceMessage, copy: Item): void {
  if (copy.folder !== folder) relocate(copy, folder);
  for (const flag of flags.difference(syncedFlags)) copy.flags.add(flag);
  for (const flag of syncedFlags.difference(flags)) copy.flags.delete(flag);
}

function relocate(item: Item, folder: string): void {
  item.folder = folder;
  item.uid = null;
}

function noteUnsure({ messages, items }: Mailbox): void {
  const held = new Set([...items].map(placeOf));
  for (const message of messages) {
    if (message.copy === 'users' && held.has(placeOf(message))) message.copy = 'unsure';
  }
}

const placeOf = ({ folder, content }: Pick<Item, 'folder' | 'content'>): string => `${folder}\n${content.sha256}`;
