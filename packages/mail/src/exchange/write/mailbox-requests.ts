import { setTimeout as sleep } from 'node:timers/promises';
import { MxodusError } from '@mxodus/model';
import { z } from 'zod';
import {
  type Graph,
  GraphDoubt,
  GraphRefusal,
  type GraphRequest,
  graphPath,
  graphQuery,
  odataText,
} from '../graph/graph.ts';
import type { RefusalContext } from '../graph/refusal-to-error.ts';
import { MIGRATION_KEY } from '../properties.ts';

/** The mailbox a writer writes to. */
export interface Mailbox {
  graph: Graph;
  server: string;
  user: string;
  signal: AbortSignal;
  /** Waits between two looks, milliseconds; all of them together are longer than an item may stay invisible. */
  lookDelaysMs: readonly number[];
}

const itemSchema = z.object({
  id: z.string().min(1),
  isDraft: z.boolean(),
  receivedDateTime: z.string().nullish(),
  createdDateTime: z.string().nullish(),
  parentFolderId: z.string().nullish(),
});

/** A message of the mailbox, as far as a writer looks at it. */
export type MailItem = z.output<typeof itemSchema>;

const SELECT = 'id,isDraft,receivedDateTime,createdDateTime,parentFolderId';
const PAGE = 100;

/** POST of a new message. A success whose answer cannot be read is a doubt: the message may be there. */
export async function postMessage(mailbox: Mailbox, folderId: string, json: string): Promise<MailItem> {
  const path = graphPath`/users/${mailbox.user}/mailFolders/${folderId}/messages`;
  return await sendOnce(mailbox, { method: 'POST', path, body: json });
}

export async function moveItem(mailbox: Mailbox, itemId: string, destinationId: string): Promise<MailItem> {
  const path = graphPath`/users/${mailbox.user}/messages/${itemId}/move`;
  return await sendOnce(mailbox, { method: 'POST', path, body: { destinationId } });
}

/** A request that must not be made twice, answered by an item. Throws the signal's own reason only when it was not sent. */
export async function sendOnce(mailbox: Mailbox, request: Omit<GraphRequest, 'repeat'>): Promise<MailItem> {
  mailbox.signal.throwIfAborted();
  return await afterSending(mailbox, async () => {
    return readItem((await mailbox.graph.send({ ...request, repeat: 'once' })).body);
  });
}

export function readItem(body: unknown): MailItem {
  const item = itemSchema.safeParse(body);
  if (!item.success) throw new GraphDoubt('the service answered without saying what it stored', null);
  return item.data;
}

/** null: not there. */
export async function getItem({ graph, user }: Mailbox, itemId: string): Promise<MailItem | null> {
  const path = `${graphPath`/users/${user}/messages/${itemId}`}${graphQuery({ $select: SELECT })}`;
  try {
    return readItem((await graph.send({ method: 'GET', path, repeat: 'safe' })).body);
  } catch (error) {
    if (isNoSuchItem(error)) return null;
    throw error;
  }
}

/** The copies in one folder with this key, the oldest first; a copy made moments ago may not show yet. */
export async function findByKey({ graph, user }: Mailbox, folderId: string, key: string): Promise<MailItem[]> {
  const $filter = `singleValueExtendedProperties/Any(ep: ep/id eq ${odataText(MIGRATION_KEY)} and ep/value eq ${odataText(key)})`;
  return await listItems({ graph, user }, folderId, $filter);
}

/** All items of one folder, or those that fit; the oldest first. */
export async function listItems(
  { graph, user }: Pick<Mailbox, 'graph' | 'user'>,
  folderId: string,
  $filter?: string,
): Promise<MailItem[]> {
  const path = `${graphPath`/users/${user}/mailFolders/${folderId}/messages`}${graphQuery({ $filter, $select: SELECT, $top: PAGE })}`;
  const items: MailItem[] = [];
  for await (const page of graph.pages({ path })) items.push(...page.map(readItem));
  return oldestFirst(items);
}

/** By the service's own clock; equal times by id, so that every look has the same order. */
export const oldestFirst = (items: readonly MailItem[]): MailItem[] =>
  items.toSorted((a, b) => compare(a.createdDateTime ?? '', b.createdDateTime ?? '') || compare(a.id, b.id));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Removes one message for good, if it is in that folder: one that was moved away meanwhile is not ours to remove. */
export async function removeItem(
  { graph, user }: Pick<Mailbox, 'graph' | 'user'>,
  folderId: string,
  itemId: string,
): Promise<void> {
  const path = graphPath`/users/${user}/mailFolders/${folderId}/messages/${itemId}/permanentDelete`;
  try {
    await graph.send({ method: 'POST', path, repeat: 'safe' });
  } catch (error) {
    if (!isNoSuchItem(error)) throw error;
  }
}

/** "Not found" with a code: an empty 404 was seen where the service was out of order. */
export const isNoSuchItem = (error: unknown): boolean =>
  error instanceof GraphRefusal && error.status === 404 && error.code === 'ErrorItemNotFound';

/** Looks at once and after each delay, until something is found. */
export async function lookUntil<T>(
  { lookDelaysMs, signal }: Pick<Mailbox, 'lookDelaysMs' | 'signal'>,
  look: () => Promise<T | null>,
): Promise<T | null> {
  for (const delay of [0, ...lookDelaysMs]) {
    if (delay > 0) await pause(delay, signal);
    const found = await look();
    if (found !== null) return found;
  }
  return null;
}

/** Rejects with the signal's own reason. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}

/**
 * What follows a request that may have changed something. The signal's own reason says that nothing was sent; here that would be
 * wrong, so it becomes a doubt. That the right to write is lost stays what it is: nobody here looks any more.
 */
export async function afterSending<T>({ signal }: Pick<Mailbox, 'signal'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isStop =
      signal.aborted && !(error instanceof GraphRefusal || error instanceof GraphDoubt || isLeaseLost(error));
    throw isStop
      ? new GraphDoubt('stopped before it was known what became of a message', null, { cause: error })
      : error;
  }
}

export const isLeaseLost = (error: unknown): boolean => error instanceof MxodusError && error.code === 'LEASE_LOST';

/** For the words of errors. */
export const refusalContext = ({ server, user }: Pick<Mailbox, 'server' | 'user'>, doing: string): RefusalContext => ({
  server,
  user,
  doing,
});
