/**
 * The model of one mailbox at both ends: what the users did, and what mxodus must have made of it. It knows no server and no
 * clock.
 */

/** The bytes of a message. Messages with equal content are twins. */
export interface Content {
  /** For the people who read a failure: '#17 shared-id'. */
  name: string;
  /** Of BODY[], hex. */
  sha256: string;
}

/** A message in a folder, at either end. */
export interface Stored {
  content: Content;
  folder: string;
  flags: Set<string>;
  /** INTERNALDATE, RFC 3339, UTC, whole seconds. */
  date: string;
  /** null: not known until the next look. */
  uid: number | null;
}

/**
 *   copy      the message at the destination
 *   (item)    where mxodus put it: mxodus changes it when the source changes
 *   none      not copied yet
 *   users     moved or deleted by the user there: stays so whatever happens at the source
 *   unsure    like `users`, but an equal message is (again) where mxodus would put it: it may take that one for its copy or
 *             leave it alone, both are right, and so the source leaves this message alone too
 */
export interface SourceMessage extends Stored {
  copy: Item | 'none' | 'users' | 'unsure';
  /** As of the last complete pass. */
  syncedFlags: Set<string>;
}

/** A message at the destination. */
export interface Item extends Stored {
  /** null: the user's own, or its message is no longer at the source. */
  copyOf: SourceMessage | null;
}

export interface Mailbox {
  messages: Set<SourceMessage>;
  /** Deleted at the source since the last complete pass. */
  gone: Set<SourceMessage>;
  items: Set<Item>;
  sourceFolders: Set<string>;
  /** Those that users made there. */
  destinationFolders: Set<string>;
}

export const emptyMailbox = (folders: readonly string[]): Mailbox => ({
  messages: new Set(),
  gone: new Set(),
  items: new Set(),
  sourceFolders: new Set(folders),
  destinationFolders: new Set(),
});

/** Stops being looked after by mxodus: the user decided where it is, or that it is no more. */
export function leaveToUser(item: Item): void {
  if (item.copyOf !== null) item.copyOf.copy = 'users';
  item.copyOf = null;
}
