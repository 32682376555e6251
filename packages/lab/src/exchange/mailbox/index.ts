import { methodNotAllowed } from '../answers.ts';
import type { SimAnswer, SimRequest } from '../route.ts';
import type { SimWorld } from '../sim-world.ts';
import * as folders from './folder-routes.ts';
import type { SimFolder, SimItem } from './item.ts';
import { type Asked, countMessages, listMessages, showMessage } from './list.ts';
import * as messages from './message-routes.ts';
import { mailboxOf } from './store.ts';

/** Below a collection, what is no id: other parts of the service answer it. */
const NO_ID = /^(?:\$|delta\b)/;

/**
 * Folders and messages: users/{u}/mailFolders and users/{u}/messages. Attachments, MIME, delta and import are other paths; null for
 * them, and for MIME posted to messages.
 */
export function mailRoutes(world: SimWorld): (request: SimRequest) => SimAnswer | null {
  return (request) => {
    const [root, name, part, ...rest] = request.segments;
    if (root !== 'users' || name === undefined || (part !== 'mailFolders' && part !== 'messages')) return null;
    const user = world.userOf(name);
    if (user === undefined) return null;
    const asked: Asked = { world, store: mailboxOf(world, user), request };
    return part === 'messages' ? messageRoute(asked, null, rest) : foldersRoute(asked, null, rest);
  };
}

/** mailFolders (parent null) and childFolders. */
function foldersRoute(asked: Asked, parent: SimFolder | null, [id, ...rest]: readonly string[]): SimAnswer | null {
  const above = parent ?? asked.store.folders.known('msgfolderroot');
  const { method } = asked.request;
  if (id === undefined) {
    if (method === 'GET') return folders.listFolders(asked, above);
    if (method === 'POST') return folders.createFolder(asked, above);
    throw methodNotAllowed('GET, POST');
  }
  if (id === '$count' && method === 'GET') return folders.countFolders(asked, above);
  if (NO_ID.test(id)) return null;
  const [part, ...more] = rest;
  if (part === undefined) return folderRoute(asked, folders.folderOf(asked.store, id));
  if (part === 'childFolders') return foldersRoute(asked, folders.folderOf(asked.store, id), more);
  if (part === 'messages') return messageRoute(asked, folders.folderOf(asked.store, id), more);
  if (method !== 'POST' || more.length > 0) return null;
  if (part === 'move') return folders.moveFolder(asked, folders.folderOf(asked.store, id));
  if (part === 'permanentDelete') return folders.deleteFolder(asked, folders.folderOf(asked.store, id), 'for good');
  return null;
}

function folderRoute(asked: Asked, folder: SimFolder): SimAnswer {
  switch (asked.request.method) {
    case 'GET':
      return folders.showFolder(asked, folder, 200);
    case 'PATCH':
      return folders.changeFolder(asked, folder);
    case 'DELETE':
      return folders.deleteFolder(asked, folder, 'trash');
    default:
      throw methodNotAllowed('GET, PATCH, DELETE');
  }
}

/** messages of a folder, or of the whole mailbox (folder null). */
function messageRoute(asked: Asked, folder: SimFolder | null, [id, ...rest]: readonly string[]): SimAnswer | null {
  const { request } = asked;
  if (id === undefined) {
    if (request.method === 'GET') return listMessages(asked, folder);
    if (request.method !== 'POST') throw methodNotAllowed('GET, POST');
    if (folder === null && !messages.isJson(request)) return null;
    return messages.createMessage(asked, folder ?? asked.store.folders.known('drafts'));
  }
  if (id === '$count' && request.method === 'GET') return countMessages(asked, folder);
  const [action, ...more] = rest;
  if (NO_ID.test(id) || more.length > 0) return null;
  if (action === undefined) return oneMessage(asked, messages.messageOf(asked, id, folder));
  if (request.method !== 'POST' || !Object.hasOwn(ACTIONS, action)) return null;
  const item = messages.messageOf(asked, id, folder);
  return ACTIONS[action]?.(asked, item) ?? null;
}

function oneMessage(asked: Asked, item: SimItem): SimAnswer {
  switch (asked.request.method) {
    case 'GET':
      return showMessage(asked, item, 200);
    case 'PATCH':
      return messages.changeMessage(asked, item);
    case 'DELETE':
      return messages.deleteMessage(asked, item, 'trash');
    default:
      throw methodNotAllowed('GET, PATCH, DELETE');
  }
}

const ACTIONS: Readonly<Record<string, (asked: Asked, item: SimItem) => SimAnswer>> = {
  move: messages.moveMessage,
  copy: messages.copyMessage,
  permanentDelete: (asked, item) => messages.deleteMessage(asked, item, 'for good'),
};
