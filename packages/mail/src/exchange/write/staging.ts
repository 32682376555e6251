import { z } from 'zod';
import { type Graph, GraphRefusal, graphPath, graphQuery, odataText } from '../graph/graph.ts';
import { listItems, type Mailbox, removeItem } from './mailbox-requests.ts';

/** The hidden folder, beside the inbox, where a message that needs several requests is put together. What is in it is no copy yet. */
export const STAGING_FOLDER = 'mxodus-incoming';

/** Nobody works on one message for so long. */
const ABANDONED_MS = 24 * 60 * 60 * 1000;

const folderSchema = z.object({ id: z.string().min(1), displayName: z.string() });

/** The id of the staging folder; null: there is none. */
export async function findStaging({ graph, user }: Pick<Mailbox, 'graph' | 'user'>): Promise<string | null> {
  const query = graphQuery({
    includeHiddenFolders: 'true',
    $filter: `displayName eq ${odataText(STAGING_FOLDER)}`,
    $select: 'id,displayName',
  });
  for await (const page of graph.pages({ path: `${graphPath`/users/${user}/mailFolders`}${query}` })) {
    for (const folder of page) {
      const { id, displayName } = folderSchema.parse(folder);
      if (displayName.toLowerCase() === STAGING_FOLDER) return id;
    }
  }
  return null;
}

/** The id of the staging folder, made where there is none. */
export async function openStaging(mailbox: Pick<Mailbox, 'graph' | 'user'>): Promise<string> {
  const there = await findStaging(mailbox);
  if (there !== null) return there;
  const body = { displayName: STAGING_FOLDER, isHidden: true };
  try {
    // A second folder of the name is refused, so that sending it twice does no harm.
    const path = graphPath`/users/${mailbox.user}/mailFolders`;
    const { body: folder } = await mailbox.graph.send({ method: 'POST', path, body, repeat: 'safe' });
    return folderSchema.parse(folder).id;
  } catch (error) {
    const made =
      error instanceof GraphRefusal && error.code === 'ErrorFolderExists' ? await findStaging(mailbox) : null;
    if (made === null) throw error;
    return made;
  }
}

/**
 * Removes what was left in the staging folder longer than a day ago: its source message went away before it was finished. What is
 * younger is finished, or removed, when its message is written again. Returns how many were removed.
 */
export async function sweepStaging(
  mailbox: { graph: Graph; user: string },
  { now = Date.now(), abandonedMs = ABANDONED_MS }: { now?: number; abandonedMs?: number } = {},
): Promise<number> {
  const folderId = await findStaging(mailbox);
  if (folderId === null) return 0;
  const items = await listItems(mailbox, folderId);
  const abandoned = items.filter(({ createdDateTime }) => Date.parse(createdDateTime ?? '') <= now - abandonedMs);
  for (const { id } of abandoned) await removeItem(mailbox, folderId, id);
  return abandoned.length;
}

/** The staging folder of one mailbox, looked for once. */
export class Staging {
  readonly #mailbox: { graph: Graph; user: string };
  #id: Promise<string> | undefined;

  constructor(mailbox: { graph: Graph; user: string }) {
    this.#mailbox = mailbox;
  }

  /** Made when it is not there. */
  id(): Promise<string> {
    this.#id ??= this.#open();
    return this.#id;
  }

  async #open(): Promise<string> {
    try {
      return await openStaging(this.#mailbox);
    } catch (error) {
      this.#id = undefined;
      throw error;
    }
  }
}
