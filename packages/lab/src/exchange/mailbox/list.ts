import { type SimAnswer, SimError, type SimRequest } from '../route.ts';
import type { SimWorld } from '../sim-world.ts';
import { pathsOf } from './filter.ts';
import type { SimFolder, SimItem } from './item.ts';
import { attachmentJson, extendedValue, messageJson } from './message-view.ts';
import { type Preferences, preferencesOf } from './preferences.ts';
import { type Expand, invalid, nextLink, type Query, queryOf } from './query.ts';
import { MESSAGE_PROPERTIES } from './schema.ts';
import { candidates, datesOf, testOf } from './search.ts';
import type { MailboxStore } from './store.ts';

export interface Asked {
  world: Pick<SimWorld, 'now' | 'switches'>;
  store: MailboxStore;
  request: SimRequest;
}

/** GET messages of a folder, or of the whole mailbox (folder null). */
export function listMessages({ world, store, request }: Asked, folder: SimFolder | null): SimAnswer {
  const query = queryOf(world, request, MESSAGE_PROPERTIES);
  const page = pageOf(store, folder, query);
  const preferences = preferencesOf(request);
  const value = page.items.map((item) => itemJson(item, query, preferences));
  const body: Record<string, unknown> = { '@odata.context': contextOf(request) };
  if (query.count) body['@odata.count'] = countOf(store, folder, query);
  body.value = value;
  if (page.more) body['@odata.nextLink'] = nextLink(world, request, query.skip + value.length);
  return { status: 200, body };
}

/** GET messages/$count: a number as text. */
export function countMessages({ world, store, request }: Asked, folder: SimFolder | null): SimAnswer {
  const count = countOf(store, folder, queryOf(world, request, MESSAGE_PROPERTIES));
  return { status: 200, headers: { 'content-type': 'text/plain' }, body: String(count) };
}

/** One message, by the $select and $expand of the request. */
export function showMessage({ world, request }: Asked, item: SimItem, status: 200 | 201): SimAnswer {
  const query = queryOf(world, request, MESSAGE_PROPERTIES);
  const body = { '@odata.context': `${contextOf(request)}/$entity`, ...itemJson(item, query, preferencesOf(request)) };
  return { status, headers: { etag: `W/"${item.changeKey}"` }, body };
}

/** As lists and single answers show a message. */
export function itemJson(
  item: SimItem,
  query: Pick<Query, 'select' | 'expand'>,
  preferences: Preferences,
): Record<string, unknown> {
  return { ...messageJson(item, preferences, query.select), ...expanded(item, query.expand) };
}

export const contextOf = (request: SimRequest): string => {
  const [, user, ...rest] = request.segments;
  const quoted = rest.slice(0, 1).map((segment) => `/${segment}`);
  return `${request.origin}/${request.version}/$metadata#users('${encodeURIComponent(user ?? '')}')${quoted.join('')}`;
};

function expanded(item: SimItem, expand: Expand): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  const single = (expand.single ?? []).flatMap((id) => {
    const value = extendedValue(item, id);
    return value === null ? [] : [{ id, value }];
  });
  const multi = (expand.multi ?? []).flatMap((id) => {
    const value = item.multiExtended.get(id);
    return value === undefined ? [] : [{ id, value }];
  });
  if (single.length > 0) json.singleValueExtendedProperties = single;
  if (multi.length > 0) json.multiValueExtendedProperties = multi;
  const { attachments } = expand;
  if (attachments !== null) {
    json.attachments = item.attachments.map((attachment) => {
      const all = attachmentJson(attachment, true);
      if (attachments === 'all') return all;
      const names = Object.entries(all).filter(
        ([name]) => name === 'id' || name.startsWith('@') || attachments.has(name),
      );
      return Object.fromEntries(names);
    });
  }
  return json;
}

function pageOf(store: MailboxStore, folder: SimFolder | null, query: Query): { items: SimItem[]; more: boolean } {
  const items: SimItem[] = [];
  let skipped = 0;
  for (const item of matches(store, folder, query)) {
    if (skipped < query.skip) skipped += 1;
    else if (items.length < query.top) items.push(item);
    else return { items, more: true };
  }
  return { items, more: false };
}

function countOf(store: MailboxStore, folder: SimFolder | null, query: Query): number {
  let count = 0;
  for (const _ of matches(store, folder, query)) count += 1;
  return count;
}

/** In the order asked for; newest first where none is. */
function matches(store: MailboxStore, folder: SimFolder | null, query: Query): Iterable<SimItem> {
  const order = query.orderBy ?? { path: 'receivedDateTime', descending: true };
  const sortKey = Object.hasOwn(SORTABLE, order.path) ? SORTABLE[order.path] : undefined;
  if (sortKey === undefined) throw invalid(`The $orderby property '${order.path}' is not supported.`);
  refuseInefficient(query);
  const found = fitting(store, folder, query);
  if (order.path === 'receivedDateTime' && found.sorted) return order.descending ? backwards(found.items) : found.items;
  const sorted = [...found.items].sort(
    (left, right) => before(sortKey(left), sortKey(right)) || left.serial - right.serial,
  );
  return order.descending ? sorted.reverse() : sorted;
}

/** Whatever is sorted by must come first in $filter (GRAPH/api/user-list-messages, "Using filter and orderby in the same query"). */
function refuseInefficient({ filter, orderBy }: Query): void {
  if (filter === null || orderBy === null || pathsOf(filter)[0] === orderBy.path) return;
  throw new SimError(400, 'InefficientFilter', 'The restriction or sort order is too complex for this operation.');
}

function fitting(
  store: MailboxStore,
  folder: SimFolder | null,
  { filter }: Query,
): { items: readonly SimItem[]; sorted: boolean } {
  const { lookups } = store;
  const all = folder === null ? lookups.byDate : lookups.inFolder(folder.id);
  const now = store.now();
  if (filter === null) {
    // A list of one folder shows new messages at once.
    const late = folder === null && store.allVisibleAt > now;
    return { items: late ? all.all().filter((item) => item.visibleAt <= now) : all.all(), sorted: true };
  }
  const test = testOf(filter);
  const recoverable = store.folders.known('recoverableitemsdeletions').id;
  const inScope = (item: SimItem): boolean =>
    folder === null ? item.folderId !== recoverable : item.folderId === folder.id;
  const few = candidates(filter, lookups);
  const { low, high } = datesOf(filter);
  const from = few === null ? all.between(low, high) : [...few].filter(inScope);
  return { items: from.filter((item) => item.visibleAt <= now && test(item)), sorted: few === null };
}

const SORTABLE: Readonly<Record<string, (item: SimItem) => string | number>> = {
  receivedDateTime: (item) => item.received,
  sentDateTime: (item) => item.sent,
  createdDateTime: (item) => item.created,
  lastModifiedDateTime: (item) => item.modified,
  subject: (item) => item.subject ?? '',
};

const before = (left: string | number, right: string | number): number => (left < right ? -1 : left > right ? 1 : 0);

function* backwards<T>(items: readonly T[]): Generator<T> {
  for (let at = items.length - 1; at >= 0; at -= 1) {
    const item = items[at];
    if (item !== undefined) yield item;
  }
}
