import type { ItemBook } from '@mxodus/model';
import { type Graph, GraphDoubt, GraphRefusal } from './graph/graph.ts';
import { doubtToError, refusalToError } from './graph/refusal-to-error.ts';

/** One mailbox as the parts of a session work on it. */
export interface ExchangeMailbox {
  graph: Graph;
  /** The name of the server in the config. */
  server: string;
  /** User principal name or address. */
  user: string;
  items: ItemBook;
  /** Names the mailbox in the ItemBook. */
  account: string;
}

/** The name of a mailbox in the ItemBook. */
export const itemAccount = (server: string, user: string): string => `${server} ${user.toLowerCase()}`;

/**
 * What Graph refuses or leaves in doubt, told as trouble a person can act on.
 *
 * @param doing goes after "would not": "list the folders"
 */
export async function told<T>({ server, user }: ExchangeMailbox, doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof GraphRefusal) throw refusalToError(error, { server, user, doing });
    if (error instanceof GraphDoubt) throw doubtToError(error, { server, user, doing });
    throw error;
  }
}

/** A message that is not there (any more), by whatever path it was asked for. */
export const isGone = (error: unknown): boolean => error instanceof GraphRefusal && error.status === 404;
