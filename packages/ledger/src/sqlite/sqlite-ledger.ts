import { existsSync } from 'node:fs';
import type { Ledger, LedgerReader } from '@mxodus/model';
import { openForReading, openForWriting } from './database.ts';
import { LedgerFile } from './ledger-file.ts';
import { MessageWriter } from './messages/message-writer.ts';
import {
  readDestinationUids,
  readMessages,
  readMessagesOf,
  readUnlocated,
  readUnsettled,
} from './messages/read-messages.ts';
import { readGone, readPlacesOf } from './messages/read-places.ts';
import { isUpToDate, migrate, schemaVersion } from './migrate.ts';
import { addAlterations } from './queries/add-alterations.ts';
import { countBuckets, countIntents, countListed, countSettled, countStates } from './queries/count-messages.ts';
import { currentFolders } from './queries/current-folders.ts';
import { setDestinationUidValidity } from './queries/destination-uid-validity.ts';
import { earlierFolder } from './queries/earlier-folder.ts';
import { finishFolder } from './queries/finish-folder.ts';
import { finishPass } from './queries/finish-pass.ts';
import { itemBook } from './queries/items.ts';
import { listAlterations } from './queries/list-alterations.ts';
import { listFolders } from './queries/list-folders.ts';
import { listMovedBy } from './queries/list-moved-by.ts';
import { listNotMoved } from './queries/list-not-moved.ts';
import { listPasses } from './queries/list-passes.ts';
import { listWaits } from './queries/list-waits.ts';
import { noteWait } from './queries/note-wait.ts';
import { openFolder } from './queries/open-folder.ts';
import { openMailbox } from './queries/open-mailbox.ts';
import { startPass } from './queries/start-pass.ts';
import { trafficBook } from './queries/traffic.ts';

/**
 * The ledger in one SQLite file: for one machine (never on a network file system). Throws STATE_UNWRITABLE, STATE_CORRUPT, DISK_FULL.
 * Plain SQL, without a query builder: importing one took longer than a whole pass over a mailbox in which nothing changed.
 */
export async function openSqliteLedger(path: string): Promise<Ledger> {
  const file = new LedgerFile(openForWriting(path), path);
  return closingOnError(file, () => {
    migrate(file, path);
    return ledger(file);
  });
}

/** For status and report; never makes the file, and brings one of an older mxodus up to date. null: there is none yet. */
export async function readSqliteLedger(path: string): Promise<LedgerReader | null> {
  if (!existsSync(path)) return null;
  const file = new LedgerFile(openForReading(path), path);
  const version = closingOnError(file, () => schemaVersion(file, path));
  if (version !== null && isUpToDate(version)) return reader(file);
  file.close();
  if (version === null) return null;
  await (await openSqliteLedger(path)).close();
  return reader(new LedgerFile(openForReading(path), path));
}

function closingOnError<T>(file: LedgerFile, work: () => T): T {
  try {
    return work();
  } catch (error) {
    file.close();
    throw error;
  }
}

function reader(file: LedgerFile): LedgerReader {
  return {
    lastPasses: async () => listPasses(file),
    folders: async () => listFolders(file),
    counts: async () => countStates(file),
    alterations: async () => listAlterations(file),
    notMoved: async () => listNotMoved(file),
    waits: async () => listWaits(file),
    movedBy: async (passes) => listMovedBy(file, passes),
    close: async () => file.close(),
  };
}

function ledger(file: LedgerFile): Ledger {
  const writer = new MessageWriter(file);
  return {
    ...reader(file),
    traffic: trafficBook(file),
    items: itemBook(file),
    openMailbox: async (key) => openMailbox(file, key),
    startPass: async (mailboxId, pass) => startPass(file, mailboxId, pass),
    finishPass: async (passId, result) => finishPass(file, passId, result),
    noteWait: async (mailboxId, wait) => noteWait(file, mailboxId, wait),
    openFolder: async (mailboxId, key) => openFolder(file, mailboxId, key),
    finishFolder: async (folderId, state) => finishFolder(file, folderId, state),
    currentFolders: async (mailboxId) => currentFolders(file, mailboxId),
    earlierFolder: async (folderId) => earlierFolder(file, folderId),
    setDestinationUidValidity: async (folderId, value) => setDestinationUidValidity(file, folderId, value),
    messages: async (folderId, range) => readMessages(file, folderId, range),
    messagesOf: async (folderId, uids) => readMessagesOf(file, folderId, uids),
    destinationUids: async (folderId) => readDestinationUids(file, folderId),
    unsettled: async (folderId) => readUnsettled(file, folderId),
    unlocated: async (folderId) => readUnlocated(file, folderId),
    goneMessages: async (mailboxId) => readGone(file, mailboxId),
    placesOf: async (mailboxId, emailIds) => readPlacesOf(file, mailboxId, emailIds),
    countListed: async (folderId) => countListed(file, folderId),
    countBuckets: async (folderId, passId) => countBuckets(file, folderId, passId),
    countIntents: async (mailboxId) => countIntents(file, mailboxId),
    countSettled: async (mailboxId) => countSettled(file, mailboxId),
    writeIntents: async (folderId, passId, intents) => writer.writeIntents({ folderId, passId }, intents),
    settle: async (folderId, passId, settlements) => writer.settle({ folderId, passId }, settlements),
    adopt: async (folderId, passId, adoptions) => writer.adopt({ folderId, passId }, adoptions),
    noteExpunged: async (folderId, uids) => writer.noteExpunged(folderId, uids),
    forgetGone: async (gone) => writer.forgetGone(gone),
    forgetStored: async (folderId, uids) => writer.forgetStored(folderId, uids),
    settleMoves: async (passId, moves) => writer.settleMoves(passId, moves),
    setFlags: async (folderId, changes) => writer.setFlags(folderId, changes),
    setDestinationUids: async (folderId, found) => writer.setDestinationUids(folderId, found),
    addAlterations: async (passId, folderId, alterations) => addAlterations(file, { passId, folderId }, alterations),
  };
}
