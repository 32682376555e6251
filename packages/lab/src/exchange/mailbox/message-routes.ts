import { type SimAnswer, SimError, type SimRequest } from '../route.ts';
import { folderOf, notFound } from './folder-routes.ts';
import type { SimFolder, SimItem } from './item.ts';
import { type Asked, showMessage } from './list.ts';
import { changedContent, createdContent } from './message-content.ts';
import { etagOf } from './message-view.ts';
import { preferencesOf } from './preferences.ts';
import { queryOf } from './query.ts';
import { deserialize, destinationBody, MESSAGE_PROPERTIES, messageBody, unreadableBody } from './schema.ts';

const ADVANCED = ['Mail-Advanced.ReadWrite.All', 'Mail-Advanced.ReadWrite'];

export const isJson = (request: SimRequest): boolean =>
  /^application\/json\b/i.test(request.headers['content-type'] ?? '');

/** By the id of the kind the request prefers; `folder`: it must be in there. Throws ErrorInvalidIdMalformed, ErrorItemNotFound. */
export function messageOf(
  { store, request }: Pick<Asked, 'store' | 'request'>,
  id: string,
  folder: SimFolder | null,
): SimItem {
  const item = store.item(id, preferencesOf(request).immutableIds);
  if (item === undefined || (folder !== null && item.folderId !== folder.id)) throw notFound(id);
  return item;
}

/** POST of JSON. MIME (text/plain) to a folder is refused as JSON that cannot be read. */
export function createMessage(asked: Asked, folder: SimFolder): SimAnswer {
  const { world, store, request } = asked;
  if (!isJson(request)) throw unreadableBody();
  checkQuery(asked);
  const body = deserialize(messageBody, request.body);
  const item = store.add(
    folder,
    createdContent(world, body, () => store.newAttachmentId()),
  );
  return showMessage(asked, item, 201);
}

export function changeMessage(asked: Asked, item: SimItem): SimAnswer {
  const { world, store, request } = asked;
  checkMatch(request, item);
  checkQuery(asked);
  const body = deserialize(messageBody, request.body);
  if (body.changeKey && body.changeKey !== item.changeKey) throw conflict();
  const mayChangeSensitive = ADVANCED.some((role) => request.roles.includes(role));
  store.change(item, changedContent(world, body, item, mayChangeSensitive));
  return showMessage(asked, item, 200);
}

export function deleteMessage({ store, request }: Asked, item: SimItem, how: 'trash' | 'for good'): SimAnswer {
  checkMatch(request, item);
  if (how === 'trash') store.discard(item);
  else store.remove(item);
  return { status: 204 };
}

export function moveMessage(asked: Asked, item: SimItem): SimAnswer {
  checkQuery(asked);
  const folder = folderOf(asked.store, deserialize(destinationBody, asked.request.body));
  asked.store.move(item, folder);
  return showMessage(asked, item, 201);
}

export function copyMessage(asked: Asked, item: SimItem): SimAnswer {
  checkQuery(asked);
  const folder = folderOf(asked.store, deserialize(destinationBody, asked.request.body));
  return showMessage(asked, asked.store.copy(item, folder), 201);
}

/** Before anything is done: what is wrong with the answer's $select or $expand. */
function checkQuery({ world, request }: Asked): void {
  queryOf(world, request, MESSAGE_PROPERTIES);
}

/** 412 where If-Match names another state of the message. */
function checkMatch(request: SimRequest, item: SimItem): void {
  const wanted = request.headers['if-match'];
  if (wanted === undefined || wanted.trim() === '*') return;
  if (!wanted.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etagOf(item).replace(/^W\//, '')))
    throw conflict();
}

const conflict = (): SimError => {
  const words =
    'The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.';
  return new SimError(412, 'ErrorIrresolvableConflict', words);
};
