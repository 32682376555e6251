import { type Adoption, type Intent, invariant, type Settlement } from '@mxodus/model';
import { integer, type Row, text } from '../../rows/columns.ts';
import { HOW_STORED } from '../../rows/how-stored.ts';
import type { Database, Fence, Writer } from '../database.ts';
import { codeOf } from '../pg-error.ts';
import { storable } from '../storable.ts';
import {
  ADOPT,
  FORGET_GONE,
  FORGET_NOT_MOVED,
  FORGET_STORED,
  NOTE_GONE,
  SET_DESTINATION_UIDS,
  SET_FLAGS,
  SETTLE_REFUSED,
  SETTLE_STORED,
  SETTLE_UNSENT,
  STATE_OF,
  WRITE_INTENTS,
} from './write-statements.ts';

interface Of {
  folderId: number;
  passId: number;
}

interface RowKey {
  folderId: number;
  uid: number;
}

/** A statement that has to change each of its rows. */
interface Step {
  sql: string;
  values: readonly unknown[];
  keys: readonly RowKey[];
}

/** The same row twice in one statement. */
const CARDINALITY_VIOLATION = '21000';

/** A statement did not change this row. */
class NotThisRow extends Error {
  readonly key: RowKey;

  constructor(key: RowKey) {
    super('a row may not change that way');
    this.key = key;
  }
}

type StoredSettlement = Extract<Settlement, { kind: 'stored' }>;
type RefusedSettlement = Extract<Settlement, { kind: 'cannot' | 'failed' }>;

/** Writes of message rows, each call in one transaction that waits for the disk; all rows of a kind in one statement. */
export class MessageWriter {
  readonly #database: Database;
  readonly #fence: Fence | null;

  constructor(database: Database, fence: Fence | null) {
    this.#database = database;
    this.#fence = fence;
  }

  writeIntents({ folderId, passId }: Of, intents: readonly Intent[]): Promise<void> {
    const values = [
      folderId,
      passId,
      intents.map(({ uid }) => uid),
      intents.map(({ bytes }) => bytes),
      intents.map(({ internalDate }) => internalDate),
      intents.map(({ flags }) => storable(flags)),
      intents.map(({ floor }) => floor),
      intents.map(({ digest }) => digest),
      intents.map(({ emailId }) => emailId),
    ];
    return this.#write([{ sql: WRITE_INTENTS, values, keys: keysOf(folderId, intents) }]);
  }

  settle({ folderId, passId }: Of, settlements: readonly Settlement[]): Promise<void> {
    const stored = settlements.filter((one): one is StoredSettlement => one.kind === 'stored');
    const refused = settlements.filter(
      (one): one is RefusedSettlement => one.kind === 'cannot' || one.kind === 'failed',
    );
    const unsent = settlements.filter(({ kind }) => kind === 'unsent');
    return this.#write([
      settleStored(
        passId,
        stored.map(({ uid, destinationUid }) => ({ folderId, uid, destinationUid })),
      ),
      {
        sql: SETTLE_REFUSED,
        values: [
          folderId,
          passId,
          refused.map(({ uid }) => uid),
          refused.map(({ kind }) => kind),
          refused.map(({ bytes }) => bytes),
          refused.map(({ internalDate }) => internalDate),
          refused.map(({ flags }) => storable(flags)),
          refused.map(({ reason }) => storable(reason)),
        ],
        keys: keysOf(folderId, refused),
      },
      ofRows(SETTLE_UNSENT, keysOf(folderId, unsent)),
    ]);
  }

  adopt({ folderId, passId }: Of, adoptions: readonly Adoption[]): Promise<void> {
    const values = [
      folderId,
      passId,
      adoptions.map(({ uid }) => uid),
      adoptions.map(({ bytes }) => bytes),
      adoptions.map(({ internalDate }) => internalDate),
      adoptions.map(({ flags }) => storable(flags)),
      adoptions.map(({ destinationUid }) => destinationUid),
      adoptions.map(({ digest }) => digest),
      adoptions.map(({ emailId }) => emailId),
      adoptions.map(({ found }) => (found ? HOW_STORED.found : HOW_STORED.movedBefore)),
    ];
    return this.#write([{ sql: ADOPT, values, keys: keysOf(folderId, adoptions) }]);
  }

  /** Servers report UIDs nobody knew as expunged too (RFC 7162 section 3.2.10.1), and the same ones again. */
  async noteExpunged(folderId: number, uids: readonly number[]): Promise<void> {
    if (uids.length === 0) return;
    await this.#database.write(async (writer) => {
      await writer.changed(NOTE_GONE, [folderId, uids]);
      await writer.changed(FORGET_NOT_MOVED, [folderId, uids]);
    }, this.#fence);
  }

  forgetGone(gone: readonly RowKey[]): Promise<void> {
    return this.#write([ofRows(FORGET_GONE, gone)]);
  }

  forgetStored(folderId: number, uids: readonly number[]): Promise<void> {
    return this.#write([
      ofRows(
        FORGET_STORED,
        uids.map((uid) => ({ folderId, uid })),
      ),
    ]);
  }

  settleMoves(
    passId: number,
    moves: readonly { from: RowKey; to: RowKey & { destinationUid: number | null } }[],
  ): Promise<void> {
    return this.#write([
      settleStored(
        passId,
        moves.map(({ to }) => to),
      ),
      ofRows(
        FORGET_GONE,
        moves.map(({ from }) => from),
      ),
    ]);
  }

  setFlags(folderId: number, changes: readonly { uid: number; flags: string }[]): Promise<void> {
    const values = [folderId, changes.map(({ uid }) => uid), changes.map(({ flags }) => storable(flags))];
    return this.#write([{ sql: SET_FLAGS, values, keys: keysOf(folderId, changes) }]);
  }

  setDestinationUids(folderId: number, found: readonly { uid: number; destinationUid: number }[]): Promise<void> {
    const values = [folderId, found.map(({ uid }) => uid), found.map(({ destinationUid }) => destinationUid)];
    return this.#write([{ sql: SET_DESTINATION_UIDS, values, keys: keysOf(folderId, found) }]);
  }

  async #write(steps: readonly Step[]): Promise<void> {
    const wanted = steps.filter(({ keys }) => keys.length > 0);
    if (wanted.length === 0) return;
    try {
      await this.#database.write(async (writer) => {
        for (const step of wanted) await change(writer, step);
      }, this.#fence);
    } catch (error) {
      if (error instanceof NotThisRow) await this.#nameTheRow(error.key);
      throw error;
    }
  }

  async #nameTheRow({ folderId, uid }: RowKey): Promise<void> {
    const row = await this.#database.row(STATE_OF, [folderId, uid]);
    const state = row === undefined ? 'none' : `${text(row, 'state')}${integer(row, 'gone') === 1 ? ', gone' : ''}`;
    invariant(false, `folder ${folderId} UID ${uid} may not change that way: its state is ${state}`);
  }
}

async function change(writer: Writer, { sql, values, keys }: Step): Promise<void> {
  const rows = await changedRows(writer, { sql, values, keys });
  if (rows.length === keys.length) return;
  const changed = new Set(rows.map((row) => nameOf({ folderId: integer(row, 'folder_id'), uid: integer(row, 'uid') })));
  const other = keys.find((key) => !changed.delete(nameOf(key)));
  if (other !== undefined) throw new NotThisRow(other);
}

async function changedRows(writer: Writer, { sql, values, keys }: Step): Promise<Row[]> {
  try {
    return await writer.rows(sql, values);
  } catch (error) {
    const seen = new Set<string>();
    const twice = keys.find((key) => seen.size === seen.add(nameOf(key)).size);
    if (codeOf(error) === CARDINALITY_VIOLATION && twice !== undefined) throw new NotThisRow(twice);
    throw error;
  }
}

const nameOf = ({ folderId, uid }: RowKey): string => `${folderId} ${uid}`;

const keysOf = (folderId: number, rows: readonly { uid: number }[]): RowKey[] =>
  rows.map(({ uid }) => ({ folderId, uid }));

const columnsOf = (keys: readonly RowKey[]): [number[], number[]] => [
  keys.map(({ folderId }) => folderId),
  keys.map(({ uid }) => uid),
];

const ofRows = (sql: string, keys: readonly RowKey[]): Step => ({ sql, values: columnsOf(keys), keys });

function settleStored(passId: number, rows: readonly (RowKey & { destinationUid: number | null })[]): Step {
  const values = [passId, ...columnsOf(rows), rows.map(({ destinationUid }) => destinationUid)];
  return { sql: SETTLE_STORED, values, keys: rows };
}
