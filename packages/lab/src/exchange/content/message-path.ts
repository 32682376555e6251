import { folderOf } from '../mailbox/folder-routes.ts';
import type { SimFolder, SimItem } from '../mailbox/item.ts';
import { messageOf } from '../mailbox/message-routes.ts';
import { type MailboxStore, mailboxOf } from '../mailbox/store.ts';
import { SimError, type SimRequest } from '../route.ts';
import type { SimUser, SimWorld } from '../sim-world.ts';

/** What a path below /users/{u} is about. */
export interface MailPath {
  user: SimUser;
  store: MailboxStore;
  /** Below mailFolders or childFolders; null: the whole mailbox. */
  folder: SimFolder | null;
  /** What follows the user, or the folder: ['messages', 'AAMk…', 'attachments']. */
  rest: readonly string[];
}

export interface MessagePath extends MailPath {
  item: SimItem;
}

/** null: a path that is no mail's. Throws where the folder is not there. */
export function mailPath(world: SimWorld, { segments }: SimRequest): MailPath | null {
  const [root, name, ...below] = segments;
  if (root !== 'users' || name === undefined || (below[0] !== 'mailFolders' && below[0] !== 'messages')) return null;
  const { user, store } = mailbox(world, name);
  let folder: SimFolder | null = null;
  let rest: readonly string[] = below;
  while ((rest[0] === 'mailFolders' || rest[0] === 'childFolders') && rest[1] !== undefined && !isFunction(rest[1])) {
    folder = folderOf(store, rest[1]);
    rest = rest.slice(2);
  }
  return { user, store, folder, rest };
}

const isFunction = (segment: string): boolean => segment.startsWith('$') || /^delta\b/.test(segment);

/** null: not below one message. `rest` is what follows it. Throws where the message is not there. */
export function messagePath(path: MailPath, request: SimRequest): MessagePath | null {
  const [list, id, ...rest] = path.rest;
  if (list !== 'messages' || id === undefined || isFunction(id) || rest.length === 0) return null;
  const item = messageOf({ store: path.store, request }, id, path.folder);
  return { ...path, item, rest };
}

export function mailbox(world: SimWorld, name: string): { user: SimUser; store: MailboxStore } {
  const user = world.userOf(name);
  if (user === undefined) throw new SimError(404, 'ErrorInvalidUser', `The requested user '${name}' is invalid.`);
  return { user, store: mailboxOf(world, user) };
}

export const objectNotFound = (): SimError =>
  new SimError(404, 'ErrorItemNotFound', 'The specified object was not found in the store.');
