import type { Ledger } from '@mxodus/model';
import { itemBook, trafficBook } from './books.ts';
import { countBuckets, countIntents, countListed, countSettled } from './counts.ts';
import type { Database, Fence } from './database.ts';
import {
  addAlterations,
  currentFolders,
  earlierFolder,
  finishFolder,
  finishPass,
  noteWait,
  openFolder,
  openMailbox,
  setDestinationUidValidity,
  startPass,
} from './mailboxes.ts';
import { MessageWriter } from './messages/message-writer.ts';
import {
  readDestinationUids,
  readGone,
  readMessages,
  readMessagesOf,
  readPlacesOf,
  readUnlocated,
  readUnsettled,
} from './messages/read-messages.ts';
import { ledgerReader } from './reader.ts';

/**
 * The ledger of one project in its schema of a PostgreSQL database. Every write waits for the disk of the server, which survives a crash.
 *
 * @param fence what is written is written under it; null: by who is alone
 */
export function postgresLedger(database: Database, fence: Fence | null, close: () => Promise<void>): Ledger {
  const writer = new MessageWriter(database, fence);
  const of = { database, fence };
  return {
    ...ledgerReader(database, close),
    traffic: trafficBook(of),
    items: itemBook(of),
    openMailbox: (key) => openMailbox(of, key),
    startPass: (mailboxId, pass) => startPass(of, mailboxId, pass),
    finishPass: (passId, result) => finishPass(of, passId, result),
    noteWait: (mailboxId, wait) => noteWait(of, mailboxId, wait),
    openFolder: (mailboxId, key) => openFolder(of, mailboxId, key),
    finishFolder: (folderId, state) => finishFolder(of, folderId, state),
    currentFolders: (mailboxId) => currentFolders(database, mailboxId),
    earlierFolder: (folderId) => earlierFolder(database, folderId),
    setDestinationUidValidity: (folderId, value) => setDestinationUidValidity(of, folderId, value),
    messages: (folderId, range) => readMessages(database, folderId, range),
    messagesOf: (folderId, uids) => readMessagesOf(database, folderId, uids),
    destinationUids: (folderId) => readDestinationUids(database, folderId),
    unsettled: (folderId) => readUnsettled(database, folderId),
    unlocated: (folderId) => readUnlocated(database, folderId),
    goneMessages: (mailboxId) => readGone(database, mailboxId),
    placesOf: (mailboxId, emailIds) => readPlacesOf(database, mailboxId, emailIds),
    countListed: (folderId) => countListed(database, folderId),
    countBuckets: (folderId, passId) => countBuckets(database, folderId, passId),
    countIntents: (mailboxId) => countIntents(database, mailboxId),
    countSettled: (mailboxId) => countSettled(database, mailboxId),
    writeIntents: (folderId, passId, intents) => writer.writeIntents({ folderId, passId }, intents),
    settle: (folderId, passId, settlements) => writer.settle({ folderId, passId }, settlements),
    adopt: (folderId, passId, adoptions) => writer.adopt({ folderId, passId }, adoptions),
    noteExpunged: (folderId, uids) => writer.noteExpunged(folderId, uids),
    forgetGone: (gone) => writer.forgetGone(gone),
    forgetStored: (folderId, uids) => writer.forgetStored(folderId, uids),
    settleMoves: (passId, moves) => writer.settleMoves(passId, moves),
    setFlags: (folderId, changes) => writer.setFlags(folderId, changes),
    setDestinationUids: (folderId, found) => writer.setDestinationUids(folderId, found),
    addAlterations: (passId, folderId, alterations) => addAlterations(of, { passId, folderId }, alterations),
  };
}
