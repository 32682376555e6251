import { type FencedLease, type FencedLeases, MxodusError } from '@mxodus/model';
import { integer, type Row, text } from '../rows/columns.ts';
import { type Database, leaseLost } from './database.ts';

export interface LeaseOptions {
  /** How long one lasts without being renewed; ms. */
  ttlMs: number;
  /** Who this is, for the error text of the others: never a secret. */
  holder: string;
}

const RELATED = "(name = $1 or starts_with(name, $1 || '/') or starts_with($1, name || '/'))";

/** Leases as rows; they end by the clock of the database. */
export function postgresLeases(database: Database, { ttlMs, holder }: LeaseOptions): FencedLeases {
  return {
    acquire: async (name) => {
      const asked = Moment.now();
      const epoch = await take(database, name, { ttlMs, holder });
      return new HeldLease(database, { name, epoch, ttlMs, asked });
    },
    holder: async (name) => {
      const [row] = await database.rows(
        `select holder, since from mxodus.leases where expires > clock_timestamp() and ${RELATED} order by name limit 1`,
        [name],
      );
      return row === undefined ? null : whoHolds(row);
    },
  };
}

function take(database: Database, name: string, { ttlMs, holder }: LeaseOptions): Promise<number> {
  return database.write(async (writer) => {
    // One at a time among names that may be above or below each other.
    await writer.rows('select pg_advisory_xact_lock(hashtextextended($1, 0))', [name.split('/')[0]]);
    const [other] = await writer.rows(
      `select name, holder, since from mxodus.leases where expires > clock_timestamp() and ${RELATED} limit 1`,
      [name],
    );
    if (other !== undefined) throw busy(name, other);
    // What expired above and below it ends, too; writes under it that are still under way are waited for.
    await writer.changed(`delete from mxodus.leases where ${RELATED}`, [name]);
    const [row] = await writer.rows(
      `insert into mxodus.leases (name, epoch, holder, since, expires)
       values ($1, nextval('mxodus.epochs'), $2, clock_timestamp(), clock_timestamp() + make_interval(secs => $3))
       returning epoch`,
      [name, holder, ttlMs / 1000],
    );
    return row === undefined ? 0 : integer(row, 'epoch');
  });
}

const whoHolds = (row: Row): string => {
  const since = row.since instanceof Date ? ` since ${row.since.toISOString()}` : '';
  return `${text(row, 'holder')}${since}`;
};

const busy = (name: string, row: Row): MxodusError =>
  new MxodusError('BUSY', {
    what: `another mxodus works on "${name}"`,
    why: `${whoHolds(row)} has "${text(row, 'name')}"`,
    advice: 'wait for it to end, or stop it; a process that died is forgotten when its lease has run out',
  });

/** A point of both clocks: one of them stands still while the process, or the machine, is suspended. */
class Moment {
  readonly #steady = performance.now();
  readonly #wall = Date.now();

  static now(): Moment {
    return new Moment();
  }

  elapsedMs(): number {
    return Math.max(performance.now() - this.#steady, Date.now() - this.#wall);
  }
}

class HeldLease implements FencedLease {
  readonly name: string;
  readonly epoch: number;
  readonly #database: Database;
  readonly #ttlMs: number;
  readonly #lost = new AbortController();
  /** When the last renewal that was granted had been asked for. */
  #renewed: Moment;
  #timer: NodeJS.Timeout;
  #released = false;

  constructor(database: Database, held: { name: string; epoch: number; ttlMs: number; asked: Moment }) {
    this.name = held.name;
    this.epoch = held.epoch;
    this.#database = database;
    this.#ttlMs = held.ttlMs;
    this.#renewed = held.asked;
    this.#timer = this.#later(held.ttlMs / 3);
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  heldForMs(): number {
    if (this.#released || this.#lost.signal.aborted) return 0;
    return Math.max(0, this.#ttlMs - this.#renewed.elapsedMs());
  }

  async release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    clearTimeout(this.#timer);
    await this.#database.write((writer) =>
      writer.changed('delete from mxodus.leases where name = $1 and epoch = $2', [this.name, this.epoch]),
    );
  }

  #later(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#renew().catch((error: unknown) => this.#end(error));
    }, ms);
  }

  async #renew(): Promise<void> {
    const left = this.heldForMs();
    if (this.#released) return;
    if (left === 0) return this.#end();
    const asked = Moment.now();
    const renewed = await this.#ask();
    if (this.#released) return;
    // An answer that comes when the lease has run out comes too late: another one may have it by now.
    if (renewed === 'another has it' || this.heldForMs() === 0) return this.#end();
    if (renewed === 'yes') this.#renewed = asked;
    this.#timer = this.#later(renewed === 'yes' ? this.#ttlMs / 3 : Math.min(this.#ttlMs / 20, 500));
  }

  async #ask(): Promise<'yes' | 'no answer' | 'another has it'> {
    try {
      const rows = await this.#database.once(
        `update mxodus.leases set expires = clock_timestamp() + make_interval(secs => $3)
         where name = $1 and epoch = $2 and expires > clock_timestamp() returning epoch`,
        [this.name, this.epoch, this.#ttlMs / 1000],
        Math.max(100, this.heldForMs()),
      );
      return rows.length > 0 ? 'yes' : 'another has it';
    } catch (error) {
      if (error instanceof MxodusError && error.code === 'LEDGER_UNREACHABLE') return 'no answer';
      throw error;
    }
  }

  #end(cause?: unknown): void {
    if (this.#released || this.#lost.signal.aborted) return;
    clearTimeout(this.#timer);
    const error = leaseLost(this);
    if (cause !== undefined) error.cause = cause;
    this.#lost.abort(error);
  }
}
