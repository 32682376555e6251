import type { Relocated } from '@mxodus/model';
import { z } from 'zod';
import { type ExchangeMailbox, isGone, told } from './exchange-mailbox.ts';
import { GraphDoubt, type GraphRequest, graphPath } from './graph/graph.ts';
import { refusalToError } from './graph/refusal-to-error.ts';
import { inParallel } from './in-parallel.ts';
import { idsInFolder } from './list-items.ts';
import type { FolderPlace } from './mailbox-folders.ts';

/** What one app may ask of a mailbox at once; the governor holds to it, over all who work on it. */
const AT_ONCE = 4;

/** How often a move without an answer is sent. */
const ATTEMPTS = 4;

const moved = z.object({ id: z.string() });
const whereabouts = z.object({ parentFolderId: z.string() });

export interface Relocation {
  from: FolderPlace;
  to: FolderPlace;
  uids: readonly number[];
}

/**
 * Moves one message after the other, 4 at once. No answer is cleared up by looking: an immutable id stays what it is, and the item
 * says which folder it is in.
 */
export async function moveItems(mailbox: ExchangeMailbox, { from, to, uids }: Relocation): Promise<Relocated> {
  return relocated(mailbox, { from, to, uids }, async (id) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return moved.parse((await mailbox.graph.send(relocation(mailbox, { id, verb: 'move', to }))).body).id;
      } catch (error) {
        if (isGone(error)) return null;
        if (!(error instanceof GraphDoubt)) throw error;
        const folder = await folderOf(mailbox, id);
        if (folder === to.id) return id;
        if (folder !== from.id) return null;
        if (attempt >= ATTEMPTS) throw error;
      }
    }
  });
}

/** A copy without an answer stays in doubt: it would have an id nobody knows. */
export async function copyItems(mailbox: ExchangeMailbox, { from, to, uids }: Relocation): Promise<Relocated> {
  return relocated(mailbox, { from, to, uids }, async (id) => {
    try {
      return moved.parse((await mailbox.graph.send(relocation(mailbox, { id, verb: 'copy', to }))).body).id;
    } catch (error) {
      if (isGone(error)) return null;
      throw error;
    }
  });
}

const relocation = (
  { user }: ExchangeMailbox,
  { id, verb, to }: { id: string; verb: 'move' | 'copy'; to: FolderPlace },
): GraphRequest => ({
  method: 'POST',
  path: `${graphPath`/users/${user}/messages/${id}`}/${verb}`,
  body: { destinationId: to.id },
  repeat: 'once',
});

/** @param relocate returns the id the message has in the other folder; null: it was not there any more */
async function relocated(
  mailbox: ExchangeMailbox,
  { from, to, uids }: Relocation,
  relocate: (id: string) => Promise<string | null>,
): Promise<Relocated> {
  const there = await idsInFolder(mailbox, from, uids);
  const ids = await told(mailbox, 'move messages', () => inParallel(there, AT_ONCE, ([, id]) => relocate(id)));
  const arrived = ids.flatMap((id, index) => (id === null ? [] : [{ id, uid: there[index]?.[0] ?? 0 }]));
  const arrivedUids = await mailbox.items.uidsFor(
    to.book.id,
    arrived.map(({ id }) => id),
  );
  return {
    uidValidity: to.book.uidValidity,
    uids: new Map(arrived.map(({ uid }, index) => [uid, arrivedUids[index] ?? 0])),
    leftMarked: false,
  };
}

/** null: it is gone. */
async function folderOf({ graph, user }: ExchangeMailbox, id: string): Promise<string | null> {
  try {
    const path = `${graphPath`/users/${user}/messages/${id}`}?$select=parentFolderId`;
    return whereabouts.parse((await graph.send({ method: 'GET', path, repeat: 'safe' })).body).parentFolderId;
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** Removes these messages for good; where the service does not know permanentDelete, by DELETE, to the deleted items. */
export async function removeItems(
  mailbox: ExchangeMailbox,
  folder: FolderPlace,
  uids: readonly number[],
): Promise<void> {
  const { graph, user, server } = mailbox;
  const ids = (await idsInFolder(mailbox, folder, uids)).map(([, id]) => id);
  const notRemoved = await told(mailbox, 'remove messages', async () => {
    const outcomes = await graph.batch(
      ids.map((id) => ({ method: 'POST', path: `${graphPath`/users/${user}/messages/${id}`}/permanentDelete` })),
    );
    return ids.filter((_, index) => {
      const outcome = outcomes[index];
      return outcome?.kind === 'refused' && outcome.error.code !== 'ErrorItemNotFound';
    });
  });
  if (notRemoved.length === 0) return;
  const outcomes = await told(mailbox, 'remove messages', () =>
    graph.batch(notRemoved.map((id) => ({ method: 'DELETE', path: graphPath`/users/${user}/messages/${id}` }))),
  );
  for (const outcome of outcomes) {
    if (outcome.kind === 'refused' && !isGone(outcome.error))
      throw refusalToError(outcome.error, { server, user, doing: 'remove messages' });
  }
}
