import { createHash } from 'node:crypto';
import { methodNotAllowed } from '../answers.ts';
import { showFolder } from '../mailbox/folder-routes.ts';
import type { SimFolder, SimItem } from '../mailbox/item.ts';
import { itemJson } from '../mailbox/list.ts';
import { preferencesOf } from '../mailbox/preferences.ts';
import { invalid, queryOf } from '../mailbox/query.ts';
import { MESSAGE_PROPERTIES } from '../mailbox/schema.ts';
import type { MailboxStore } from '../mailbox/store.ts';
import { type SimAnswer, SimError, type SimRequest } from '../route.ts';
import type { SimWorld } from '../sim-world.ts';
import type { MailPath } from './message-path.ts';

/** IMM: a filtered delta gives no more. */
const MOST_FILTERED = 5000;

type Row = { kind: 'there'; id: string } | { kind: 'removed'; id: string };

/** What a token stands for: rows that are still to be given, and where the next round begins. */
interface Round {
  /** Whose listing: the path without the query. */
  path: string;
  /** $select and its like, kept from the first request on. */
  options: readonly (readonly [string, string])[];
  issued: number;
  rows: readonly Row[];
  next: Snapshot;
}

/** Of messages: a place in the store's list of changes. Of folders: what each looked like. */
type Snapshot = { kind: 'messages'; sequence: number } | { kind: 'folders'; looks: ReadonlyMap<string, string> };

interface Listing {
  begin(options: URLSearchParams): { rows: Row[]; next: Snapshot };
  since(snapshot: Snapshot): { rows: Row[]; next: Snapshot };
  show(id: string): Record<string, unknown> | null;
}

/** mailFolders/delta and mailFolders/{f}/messages/delta (GRAPH/api/message-delta). */
export class Deltas {
  readonly #world: SimWorld;
  readonly #rounds = new Map<string, Round>();

  constructor(world: SimWorld) {
    this.#world = world;
  }

  /** null: another path. */
  answer(path: MailPath, request: SimRequest): SimAnswer | null {
    const [list, delta, ...more] = path.rest;
    if (more.length > 0 || !/^delta(\(\))?$/.test(delta ?? '')) return null;
    if (list === 'mailFolders') return this.#page(request, (asked) => this.#folders(path.store, asked));
    const { folder, store } = path;
    // Messages have a delta per folder only.
    if (list !== 'messages' || folder === null) return null;
    return this.#page(request, (asked) => this.#messages(store, folder, asked));
  }

  #page(request: SimRequest, listingFor: (asked: SimRequest) => Listing): SimAnswer {
    if (request.method !== 'GET') throw methodNotAllowed('GET');
    const path = `${request.origin}/${request.version}/${request.segments.map(encodeURIComponent).join('/')}`;
    const options = [...request.query].filter(([name]) => !/^\$(skip|delta)token$/.test(name));
    const [skip, delta] = [request.query.get('$skiptoken'), request.query.get('$deltatoken')];
    const before = skip ?? delta;
    const known = before === null ? null : this.#known(before, path);
    const kept = known?.options ?? options;
    const query = new URLSearchParams(kept.map(([name, value]) => [name, value]));
    const listing = listingFor({ ...request, query });
    const round = known === null ? listing.begin(query) : skip !== null ? known : listing.since(known.next);
    const size = pageSize(request, this.#world.switches.deltaPageSize);
    const shown = round.rows.slice(0, size);
    const value = shown.flatMap((row) => {
      const json = row.kind === 'there' ? listing.show(row.id) : null;
      // Gone between two pages: the next round tells so too.
      return [json ?? { '@removed': { reason: 'deleted' }, id: row.id }];
    });
    const rest = round.rows.slice(size);
    const token = this.#keep({
      path,
      options: kept,
      issued: this.#world.now().getTime(),
      rows: rest,
      next: round.next,
    });
    const link =
      rest.length > 0
        ? { '@odata.nextLink': `${path}?$skiptoken=${token}` }
        : { '@odata.deltaLink': `${path}?$deltatoken=${token}` };
    const context = `${request.origin}/${request.version}/$metadata#Collection(${request.segments.includes('messages') ? 'message' : 'mailFolder'})`;
    return { status: 200, body: { '@odata.context': context, ...link, value } };
  }

  #known(token: string, path: string): Round {
    const round = this.#rounds.get(token);
    const oldest = this.#world.now().getTime() - this.#world.switches.deltaLifetimeSeconds * 1000;
    if (round !== undefined && round.path === path && round.issued > oldest) return round;
    throw new SimError(410, 'SyncStateNotFound', 'The sync state generation is not found; continuing with full sync.');
  }

  #keep(round: Round): string {
    const token = createHash('sha256').update(`${round.path}\n${this.#rounds.size}`).digest('base64url');
    this.#rounds.set(token, round);
    return token;
  }

  #messages(store: MailboxStore, folder: SimFolder, request: SimRequest): Listing {
    const preferences = preferencesOf(request);
    const idOf = (item: Pick<SimItem, 'id' | 'immutableId'>): string =>
      preferences.immutableIds ? item.immutableId : item.id;
    const select = request.query.get('$select');
    const plain = new URLSearchParams(select === null ? {} : { $select: select });
    const query = queryOf(this.#world, { query: plain }, MESSAGE_PROPERTIES);
    const next = (): Snapshot => ({ kind: 'messages', sequence: store.changes.length });
    return {
      begin: (options) => {
        const test = receivedTest(options.get('$filter'));
        const items = store.lookups.inFolder(folder.id).all().filter(test.fits);
        const rows = [...items]
          .reverse()
          .slice(0, test.most)
          .map((item): Row => ({ kind: 'there', id: item.immutableId }));
        return { rows, next: next() };
      },
      since: (snapshot) => {
        const first = snapshot.kind === 'messages' ? snapshot.sequence : 0;
        const rows = new Map<string, Row>();
        for (const change of store.changes.slice(first)) {
          const isHere = store.lookups.immutableId(change.immutableId)?.folderId === folder.id;
          const left =
            change.from?.folderId === folder.id ? change.from.id : change.folderId === folder.id ? change.id : null;
          if (left === null) continue;
          const removed = preferences.immutableIds ? change.immutableId : left;
          // A message that left and came back in one round is another one to whoever goes by ids that change.
          const key = isHere && change.from?.folderId !== folder.id ? change.immutableId : removed;
          if (!isHere || key === removed) rows.set(key, { kind: 'removed', id: removed });
          if (isHere) rows.set(change.immutableId, { kind: 'there', id: change.immutableId });
        }
        return { rows: [...rows.values()], next: next() };
      },
      show: (immutableId) => {
        const item = store.lookups.immutableId(immutableId);
        if (item === undefined || item.folderId !== folder.id) return null;
        return { '@odata.type': '#microsoft.graph.message', ...itemJson(item, query, preferences), id: idOf(item) };
      },
    };
  }

  #folders(store: MailboxStore, request: SimRequest): Listing {
    const world = this.#world;
    const select = request.query.get('$select');
    const asked = { ...request, query: new URLSearchParams(select === null ? {} : { $select: select }) };
    const root = store.folders.known('msgfolderroot');
    const shown = (): SimFolder[] =>
      [...store.folders.all()].filter(
        (folder) => folder !== root && !folder.isHidden && store.folders.isBelow(folder, root),
      );
    const look = (folder: SimFolder): string => {
      const { displayName, parentFolderId, children } = folder;
      return JSON.stringify([displayName, parentFolderId, children.size, store.counts(folder)]);
    };
    const next = (): Snapshot => ({
      kind: 'folders',
      looks: new Map(shown().map((folder) => [folder.id, look(folder)])),
    });
    return {
      begin: () => ({ rows: shown().map(({ id }): Row => ({ kind: 'there', id })), next: next() }),
      since: (snapshot) => {
        const before: ReadonlyMap<string, string> = snapshot.kind === 'folders' ? snapshot.looks : new Map();
        const now = shown();
        const changed = now.filter((folder) => before.get(folder.id) !== look(folder));
        const there = new Set(now.map(({ id }) => id));
        const gone = [...before.keys()].filter((id) => !there.has(id));
        const rows: Row[] = [
          ...changed.map(({ id }): Row => ({ kind: 'there', id })),
          ...gone.map((id): Row => ({ kind: 'removed', id })),
        ];
        return { rows, next: next() };
      },
      show: (id) => {
        const folder = store.folders.find(id);
        if (folder === undefined) return null;
        const { body } = showFolder({ world, store, request: asked }, folder, 200);
        const json = typeof body === 'object' && body !== null ? Object.entries(body) : [];
        return Object.fromEntries(json.filter(([name]) => name !== '@odata.context'));
      },
    };
  }
}

/** Prefer: odata.maxpagesize=n (RFC 7240). */
function pageSize({ headers }: SimRequest, usual: number): number {
  const wanted = Number(/\bodata\.maxpagesize\s*=\s*"?(\d+)/i.exec(headers.prefer ?? '')?.[1]);
  return wanted > 0 ? Math.min(wanted, 1000) : usual;
}

/** `receivedDateTime ge 2026-01-01T00:00:00Z`, nothing else. */
function receivedTest(filter: string | null): { fits: (item: SimItem) => boolean; most: number } {
  if (filter === null) return { fits: () => true, most: Number.POSITIVE_INFINITY };
  const [, operator, date = ''] = /^\s*receivedDateTime\s+(ge|gt)\s+(\S+)\s*$/i.exec(filter) ?? [];
  const from = Date.parse(date);
  if (operator === undefined || Number.isNaN(from))
    throw invalid('A delta is filtered by receivedDateTime ge or gt only.');
  const isGreater = operator.toLowerCase() === 'gt';
  return { fits: ({ received }) => (isGreater ? received > from : received >= from), most: MOST_FILTERED };
}
