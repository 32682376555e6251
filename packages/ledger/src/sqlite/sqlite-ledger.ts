import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { Ledger, LedgerReader } from '@mxodus/model';
import { Kysely, SqliteDialect } from 'kysely';
import { addAlterations } from '../queries/add-alterations.ts';
import { countMessages, countStates } from '../queries/count-messages.ts';
import { finishFolder } from '../queries/finish-folder.ts';
import { finishPass } from '../queries/finish-pass.ts';
import { listAlterations } from '../queries/list-alterations.ts';
import { listFolders } from '../queries/list-folders.ts';
import { listNotMoved } from '../queries/list-not-moved.ts';
import { listPasses } from '../queries/list-passes.ts';
import { openFolder } from '../queries/open-folder.ts';
import { openMailbox } from '../queries/open-mailbox.ts';
import { setDestinationUidValidity } from '../queries/set-destination-uid-validity.ts';
import { startPass } from '../queries/start-pass.ts';
import type { LedgerSchema } from '../schema.ts';
import { kyselyDatabase, openForReading, openForWriting } from './database.ts';
import { messageStatements } from './message-statements.ts';
import { migrate, schemaVersion } from './migrate.ts';
import { readMessages } from './read-messages.ts';
import { MessageWriter } from './write-messages.ts';

/**
 * The ledger in one SQLite file: for one machine (never on a network file system). Throws STATE_UNWRITABLE, STATE_CORRUPT, DISK_FULL.
 * Every statement runs synchronously and alone, so ordinary queries and the prepared ones never meet inside a transaction.
 */
export async function openSqliteLedger(path: string): Promise<Ledger> {
  const db = openForWriting(path);
  return closingOnError(db, () => {
    migrate(db, path);
    return ledger(db, path);
  });
}

/** For status and report; never makes the file. null: there is none yet. */
export async function readSqliteLedger(path: string): Promise<LedgerReader | null> {
  if (!existsSync(path)) return null;
  const db = openForReading(path);
  return closingOnError(db, () => {
    if (schemaVersion(db, path) !== null) return reader(queryBuilder(db, path));
    db.close();
    return null;
  });
}

function closingOnError<T>(db: DatabaseSync, work: () => T): T {
  try {
    return work();
  } catch (error) {
    db.close();
    throw error;
  }
}

const queryBuilder = (db: DatabaseSync, path: string): Kysely<LedgerSchema> =>
  new Kysely({ dialect: new SqliteDialect({ database: kyselyDatabase(db, path) }) });

function reader(queries: Kysely<LedgerSchema>): LedgerReader {
  return {
    lastPasses: () => listPasses(queries),
    folders: () => listFolders(queries),
    counts: () => countStates(queries),
    alterations: () => listAlterations(queries),
    notMoved: () => listNotMoved(queries),
    close: () => queries.destroy(),
  };
}

function ledger(db: DatabaseSync, path: string): Ledger {
  const queries = queryBuilder(db, path);
  const statements = messageStatements(db);
  const writer = new MessageWriter(db, path, statements);
  return {
    ...reader(queries),
    openMailbox: (key) => openMailbox(queries, key),
    startPass: (mailboxId, pass) => startPass(queries, mailboxId, pass),
    finishPass: (passId, result) => finishPass(queries, passId, result),
    openFolder: (mailboxId, key) => openFolder(queries, mailboxId, key),
    finishFolder: (folderId, state) => finishFolder(queries, folderId, state),
    setDestinationUidValidity: (folderId, value) => setDestinationUidValidity(queries, folderId, value),
    countIntents: (mailboxId) => countMessages(queries, mailboxId, ['intent']),
    countSettled: (mailboxId) => countMessages(queries, mailboxId, ['stored', 'cannot']),
    addAlterations: (passId, folderId, alterations) => addAlterations(queries, { passId, folderId }, alterations),
    messages: async (folderId) => readMessages(statements, folderId),
    writeIntents: async (folderId, passId, intents) => writer.writeIntents(folderId, passId, intents),
    settle: async (folderId, passId, settlements) => writer.settle(folderId, passId, settlements),
    adopt: async (folderId, passId, adoptions) => writer.adopt(folderId, passId, adoptions),
    forgetExpunged: async (folderId, uids) => writer.forgetExpunged(folderId, uids),
    setFlags: async (folderId, changes) => writer.setFlags(folderId, changes),
    setDestinationUids: async (folderId, found) => writer.setDestinationUids(folderId, found),
  };
}
