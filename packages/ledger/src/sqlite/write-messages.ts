import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { type Adoption, type Intent, invariant, type Settlement } from '@mxodus/model';
import { inTransaction } from './database.ts';
import type { MessageStatements } from './message-statements.ts';

/** Folder and UID, then what the statement wants. */
type RowValues = [folderId: number, uid: number, ...SQLInputValue[]];

/**
 * Writes of message rows, each call in one transaction. Intents wait for the disk: a message is sent only when its intent can no
 * longer be lost. The others do not (WAL keeps the order, so they are on disk when the next intent is): losing power then leaves an
 * intent, which is looked up, never sent again blindly.
 */
export class MessageWriter {
  readonly #db: DatabaseSync;
  readonly #path: string;
  readonly #statements: MessageStatements;

  constructor(db: DatabaseSync, path: string, statements: MessageStatements) {
    this.#db = db;
    this.#path = path;
    this.#statements = statements;
  }

  writeIntents(folderId: number, passId: number, intents: readonly Intent[]): void {
    const { intent: statement } = this.#statements;
    inTransaction(this.#db, this.#path, () => {
      for (const { uid, bytes, internalDate, flags, floor } of intents) {
        this.#one(statement, [folderId, uid, bytes, internalDate, flags, floor, passId]);
      }
    });
  }

  settle(folderId: number, passId: number, settlements: readonly Settlement[]): void {
    this.#withoutWaiting(() => {
      for (const settlement of settlements) this.#settleOne(folderId, passId, settlement);
    });
  }

  adopt(folderId: number, passId: number, adoptions: readonly Adoption[]): void {
    const { adopt: statement } = this.#statements;
    this.#withoutWaiting(() => {
      for (const { uid, bytes, internalDate, flags, destinationUid } of adoptions) {
        this.#one(statement, [folderId, uid, bytes, internalDate, flags, destinationUid, passId]);
      }
    });
  }

  forgetExpunged(folderId: number, uids: readonly number[]): void {
    this.#withoutWaiting(() => {
      for (const uid of uids) this.#statements.expunged.run(folderId, uid);
    });
  }

  setFlags(folderId: number, changes: readonly { uid: number; flags: string }[]): void {
    this.#withoutWaiting(() => {
      for (const { uid, flags } of changes) {
        this.#one(this.#statements.flags, [folderId, uid, flags]);
      }
    });
  }

  setDestinationUids(folderId: number, found: readonly { uid: number; destinationUid: number }[]): void {
    this.#withoutWaiting(() => {
      for (const { uid, destinationUid } of found) {
        this.#one(this.#statements.destinationUid, [folderId, uid, destinationUid]);
      }
    });
  }

  #settleOne(folderId: number, passId: number, settlement: Settlement): void {
    const { uid } = settlement;
    const { stored, unsent, refused } = this.#statements;
    switch (settlement.kind) {
      case 'stored':
        this.#one(stored, [folderId, uid, passId, settlement.destinationUid]);
        break;
      case 'unsent':
        this.#one(unsent, [folderId, uid]);
        break;
      case 'cannot':
      case 'failed': {
        const { kind, bytes, internalDate, flags, reason } = settlement;
        this.#one(refused, [folderId, uid, kind, bytes, internalDate, flags, passId, reason]);
        break;
      }
    }
  }

  #one(statement: StatementSync, values: RowValues): void {
    if (statement.run(...values).changes === 1) return;
    const [folderId, uid] = values;
    const state = this.#statements.state.get(folderId, uid)?.state ?? 'none';
    invariant(false, `folder ${folderId} UID ${uid} may not change that way: its state is ${state}`);
  }

  #withoutWaiting(work: () => void): void {
    this.#db.exec('pragma synchronous = normal');
    try {
      inTransaction(this.#db, this.#path, work);
    } finally {
      this.#db.exec('pragma synchronous = full');
    }
  }
}
