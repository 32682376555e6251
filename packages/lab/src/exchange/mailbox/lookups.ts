import type { SimItem } from './item.ts';
import { ByDate } from './order.ts';

/** Values above this are found by looking at each message. */
const INDEXED_LENGTH = 1024;

/** Finds messages by id, Message-ID, extended property, folder and date, without looking at each. */
export class Lookups {
  readonly byDate = new ByDate();
  readonly #byId = new Map<string, SimItem>();
  readonly #byImmutableId = new Map<string, SimItem>();
  readonly #byMessageId = new Map<string, Set<SimItem>>();
  readonly #byProperty = new Map<string, Set<SimItem>>();
  readonly #byFolder = new Map<string, ByDate>();
  readonly #unlisted: string;

  /** `unlisted`: the folder whose messages are not in lists of the whole mailbox (the recoverable items). */
  constructor(unlisted: string) {
    this.#unlisted = unlisted;
  }

  add(item: SimItem): void {
    if (item.folderId !== this.#unlisted) this.byDate.add(item);
    this.inFolder(item.folderId).add(item);
    this.#byId.set(item.id, item);
    this.#byImmutableId.set(item.immutableId, item);
    put(this.#byMessageId, item.internetMessageId, item);
    for (const key of propertyKeys(item)) put(this.#byProperty, key, item);
  }

  /** With the values it was added with. */
  remove(item: SimItem): void {
    if (item.folderId !== this.#unlisted) this.byDate.remove(item);
    this.inFolder(item.folderId).remove(item);
    this.#byId.delete(item.id);
    this.#byImmutableId.delete(item.immutableId);
    take(this.#byMessageId, item.internetMessageId, item);
    for (const key of propertyKeys(item)) take(this.#byProperty, key, item);
  }

  id(id: string): SimItem | undefined {
    return this.#byId.get(id);
  }

  /** Every message, in no order. */
  all(): Iterable<SimItem> {
    return this.#byId.values();
  }

  immutableId(id: string): SimItem | undefined {
    return this.#byImmutableId.get(id);
  }

  /** Exactly as written. */
  messageId(id: string): Iterable<SimItem> {
    return this.#byMessageId.get(id) ?? [];
  }

  /** By the canonical id; the value in any case of letters. null: too long to be indexed. */
  property(canonicalId: string, value: string): Iterable<SimItem> | null {
    return value.length > INDEXED_LENGTH ? null : (this.#byProperty.get(propertyKey(canonicalId, value)) ?? []);
  }

  inFolder(folderId: string): ByDate {
    let items = this.#byFolder.get(folderId);
    if (items === undefined) {
      items = new ByDate();
      this.#byFolder.set(folderId, items);
    }
    return items;
  }

  dropFolder(folderId: string): void {
    this.#byFolder.delete(folderId);
  }
}

const propertyKey = (id: string, value: string): string => `${id}\n${value.toLowerCase()}`;

function* propertyKeys(item: SimItem): Generator<string> {
  for (const [id, value] of item.extended) if (value.length <= INDEXED_LENGTH) yield propertyKey(id, value);
}

function put(index: Map<string, Set<SimItem>>, key: string, item: SimItem): void {
  const there = index.get(key);
  if (there === undefined) index.set(key, new Set([item]));
  else there.add(item);
}

function take(index: Map<string, Set<SimItem>>, key: string, item: SimItem): void {
  const there = index.get(key);
  there?.delete(item);
  if (there?.size === 0) index.delete(key);
}
