import { type SimAnswer, SimError } from '../route.ts';
import { propertyId, propertyValue } from './extended.ts';
import { parseFilter } from './filter.ts';
import { isIdForm } from './ids.ts';
import type { SimFolder } from './item.ts';
import { type Asked, contextOf } from './list.ts';
import { invalid, nextLink, type Query, queryOf } from './query.ts';
import { deserialize, destinationBody, FOLDER_PROPERTIES, mailFolderBody } from './schema.ts';
import type { MailboxStore } from './store.ts';
import { isWellKnownName } from './well-known.ts';

const PROPERTIES: ReadonlySet<string> = new Set([...FOLDER_PROPERTIES, 'sizeInBytes', 'wellKnownName']);

/** By id or well-known name. Throws ErrorInvalidIdMalformed, ErrorItemNotFound. */
export function folderOf(store: MailboxStore, idOrName: string): SimFolder {
  const folder = store.folders.find(idOrName);
  if (folder !== undefined) return folder;
  if (isWellKnownName(idOrName.toLowerCase())) {
    const words = `The specified object was not found in the store., Default folder ${idOrName} not found.`;
    throw new SimError(404, 'ErrorItemNotFound', words);
  }
  throw notFound(idOrName);
}

export const notFound = (id: string): SimError =>
  isIdForm(id)
    ? new SimError(404, 'ErrorItemNotFound', 'The specified object was not found in the store.')
    : new SimError(400, 'ErrorInvalidIdMalformed', 'Id is malformed.');

/** GET mailFolders, childFolders. */
export function listFolders(asked: Asked, parent: SimFolder): SimAnswer {
  const { world, request } = asked;
  const query = queryOf(world, request, PROPERTIES);
  const found = childrenOf(asked, parent, query);
  const value = found.slice(query.skip, query.skip + query.top).map((folder) => folderJson(asked, folder, query));
  const body: Record<string, unknown> = { '@odata.context': contextOf(request) };
  if (query.count) body['@odata.count'] = found.length;
  body.value = value;
  const next = query.skip + value.length;
  if (next < found.length) body['@odata.nextLink'] = nextLink(world, request, next);
  return { status: 200, body };
}

export function countFolders(asked: Asked, parent: SimFolder): SimAnswer {
  const found = childrenOf(asked, parent, queryOf(asked.world, asked.request, PROPERTIES));
  return { status: 200, headers: { 'content-type': 'text/plain' }, body: String(found.length) };
}

/** By name; hidden ones only when asked for. */
function childrenOf({ request }: Asked, parent: SimFolder, query: Query): SimFolder[] {
  const hiddenToo = [...request.query].some(
    ([name, value]) => name.toLowerCase() === 'includehiddenfolders' && value.toLowerCase() === 'true',
  );
  const test = query.filter === null ? () => true : folderTest(request.query.get('$filter') ?? '');
  if (query.orderBy !== null && query.orderBy.path !== 'displayName')
    throw invalid('Folders are sorted by displayName only.');
  const sign = query.orderBy?.descending === true ? -1 : 1;
  return [...parent.children.values()]
    .filter((folder) => (hiddenToo || !folder.isHidden) && test(folder))
    .sort((left, right) => sign * left.displayName.localeCompare(right.displayName, 'en'));
}

/** displayName eq 'x', compared as Exchange compares names: in any case of letters. */
function folderTest(text: string): (folder: SimFolder) => boolean {
  const filter = parseFilter(text);
  if (
    filter.kind !== 'compare' ||
    filter.path !== 'displayName' ||
    filter.literal.kind !== 'text' ||
    !['eq', 'ne'].includes(filter.operator)
  ) {
    throw new SimError(400, 'ErrorInvalidUrlQueryFilter', `Invalid filter clause: '${text}'.`);
  }
  const wanted = filter.literal.text.toLowerCase();
  const same = filter.operator === 'eq';
  return (folder) => (folder.displayName.toLowerCase() === wanted) === same;
}

export function showFolder(asked: Asked, folder: SimFolder, status: 200 | 201): SimAnswer {
  const query = queryOf(asked.world, asked.request, PROPERTIES);
  const body = { '@odata.context': `${contextOf(asked.request)}/$entity`, ...folderJson(asked, folder, query) };
  return { status, body };
}

export function createFolder(asked: Asked, parent: SimFolder): SimAnswer {
  const { world, store, request } = asked;
  const body = deserialize(mailFolderBody, request.body);
  const values = (body.singleValueExtendedProperties ?? []).map((given): [string, string] => {
    const id = propertyId(given.id);
    return [id.canonical, propertyValue(id, given.value)];
  });
  queryOf(world, request, PROPERTIES);
  const folder = store.folders.add(parent, body.displayName ?? '', body.isHidden ?? false);
  for (const [id, value] of values) folder.extended.set(id, value);
  return showFolder(asked, folder, 201);
}

/** displayName only; the well-known folders keep theirs. */
export function changeFolder(asked: Asked, folder: SimFolder): SimAnswer {
  const body = deserialize(mailFolderBody, asked.request.body);
  if (body.displayName !== undefined && body.displayName !== folder.displayName) {
    if (folder.wellKnownName !== null)
      throw new SimError(400, 'ErrorFolderSavePropertyError', 'The folder cannot be renamed.');
    asked.store.folders.rename(folder, body.displayName ?? '');
  }
  return showFolder(asked, folder, 200);
}

export function deleteFolder({ store }: Asked, folder: SimFolder, how: 'trash' | 'for good'): SimAnswer {
  refuseDistinguished(folder);
  store.discardFolder(folder, how);
  return { status: 204 };
}

export function moveFolder(asked: Asked, folder: SimFolder): SimAnswer {
  const parent = folderOf(asked.store, deserialize(destinationBody, asked.request.body));
  refuseDistinguished(folder);
  asked.store.folders.move(folder, parent, 'refuse');
  return showFolder(asked, folder, 201);
}

function refuseDistinguished(folder: SimFolder): void {
  if (folder.wellKnownName === null) return;
  throw new SimError(400, 'ErrorDeleteDistinguishedFolder', 'Distinguished folders cannot be deleted or moved.');
}

function folderJson({ store, request }: Asked, folder: SimFolder, { select, expand }: Query): Record<string, unknown> {
  const { total, unread } = store.counts(folder);
  const beta = request.version === 'beta';
  const all: Record<string, unknown> = {
    displayName: folder.displayName,
    parentFolderId: folder.parentFolderId ?? store.folders.known('searchfolders').id,
    childFolderCount: folder.children.size,
    unreadItemCount: unread,
    totalItemCount: total,
    sizeInBytes: sizeIn(store, folder, select === null ? beta : select.has('sizeInBytes')),
    isHidden: folder.isHidden,
    ...(beta ? { wellKnownName: folder.wellKnownName } : {}),
  };
  const shown = Object.entries(all).filter(
    ([name, value]) => value !== undefined && (select === null || select.has(name)),
  );
  const values = (expand.single ?? []).flatMap((id) => {
    const value = folder.extended.get(id);
    return value === undefined ? [] : [{ id, value }];
  });
  return {
    id: folder.id,
    ...Object.fromEntries(shown),
    ...(values.length > 0 ? { singleValueExtendedProperties: values } : {}),
  };
}

const sizeIn = (store: MailboxStore, folder: SimFolder, wanted: boolean): number | undefined =>
  wanted
    ? store.lookups
        .inFolder(folder.id)
        .all()
        .reduce((sum, item) => sum + item.size, 0)
    : undefined;
