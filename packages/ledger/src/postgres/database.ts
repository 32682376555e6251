import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { invariant, MxodusError } from '@mxodus/model';
import pg from 'pg';
import type { Row } from '../rows/columns.ts';
import { connectionString } from './connection-string.ts';
import { codeOf, fromPostgres, troubleOf } from './pg-error.ts';

/** A right that every write is done under, see FencedLease. */
export interface Fence {
  name: string;
  epoch: number;
  heldForMs(): number;
}

/** One statement in a transaction. */
export type Ask = (text: string, values?: readonly unknown[]) => Promise<Row[]>;
export interface Writer {
  rows: Ask;
  /** How many rows it changed. */
  changed(text: string, values?: readonly unknown[]): Promise<number>;
}

export interface DatabaseOptions {
  url: string;
  /** The schema unqualified names are in; null: none. */
  schema: string | null;
  /** Connections at once. */
  most: number;
  /** How long a server that is away is waited for, ms. */
  patienceMs?: number;
  /** A transaction whose process stands still for so long is ended by the server: it holds locks others wait for; ms. */
  stillMs?: number;
}

const PATIENCE_MS = 20_000;
const STILL_MS = 15_000;
const UNIQUE_VIOLATION = '23505';
const INT8 = 20;
const HOUR_MS = 3_600_000;

/**
 * A pool of connections. A server that is away (restarted, a cut line) is waited for; then LEDGER_UNREACHABLE is thrown. Every write is
 * one transaction, and is done once: it leaves its number in `mxodus.writes`, so that one whose COMMIT was not answered finds the
 * number when it is tried again (and waits for the first attempt, should that still be under way).
 */
export class Database {
  readonly #config: pg.ClientConfig;
  readonly #pool: pg.Pool;
  readonly #patienceMs: number;
  /** Of each statement, the name it is prepared under. */
  readonly #names = new Map<string, string>();

  constructor({ url, schema, most, stillMs = STILL_MS, patienceMs = PATIENCE_MS }: DatabaseOptions) {
    this.#patienceMs = patienceMs;
    this.#config = {
      connectionString: connectionString(url),
      connectionTimeoutMillis: 5000,
      // A server that hangs is one that is away.
      query_timeout: 60_000,
      keepAlive: true,
      idle_in_transaction_session_timeout: Math.ceil(stillMs),
      application_name: 'mxodus',
      ...(schema === null ? {} : { options: `-c search_path=${schema}` }),
      types: { getTypeParser: typeParser },
    };
    this.#pool = new pg.Pool({ ...this.#config, max: most, allowExitOnIdle: true });
    // A connection that ends, idle or between two statements of a transaction: its next query says so, or another one is made.
    this.#pool.on('error', () => undefined);
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
  }

  rows(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.#patiently(async () => (await this.#pool.query<Row>(this.#query(text, values))).rows);
  }

  async row(text: string, values: readonly unknown[] = []): Promise<Row | undefined> {
    return (await this.rows(text, values))[0];
  }

  /** One attempt, which is not waited for longer than that. */
  async once(text: string, values: readonly unknown[], withinMs: number): Promise<Row[]> {
    const late = new AbortController();
    const timeOut = pause(withinMs, undefined, { signal: late.signal }).then(() => {
      throw new Error('timeout expired');
    });
    timeOut.catch(() => undefined);
    try {
      return (await Promise.race([this.#pool.query<Row>(this.#query(text, values)), timeOut])).rows;
    } catch (error) {
      throw fromPostgres(error);
    } finally {
      late.abort();
    }
  }

  /**
   * `work` in one transaction; when it throws, nothing has changed. It may be called again after the line was cut: it must have no other
   * effects. Throws LEASE_LOST when the fence is another's.
   */
  async write<T>(work: (writer: Writer) => Promise<T>, fence: Fence | null = null): Promise<T> {
    const id = randomUUID();
    let done: { result: T } | null = null;
    return this.#patiently(async () => {
      const client = await this.#pool.connect();
      let broken: Error | undefined;
      try {
        try {
          await begin(client, id, fence);
        } catch (error) {
          if (codeOf(error) !== UNIQUE_VIOLATION) throw error;
          invariant(done !== null, 'a write that left its number was done');
          await client.query('rollback');
          return done.result;
        }
        const result = await work(this.#writer(client));
        if (fence !== null && fence.heldForMs() <= 0) throw leaseLost(fence);
        done = { result };
        await client.query('commit');
        return result;
      } catch (error) {
        if (troubleOf(error) === 'away') broken = error instanceof Error ? error : new Error(String(error));
        else await client.query('rollback').catch((trouble: Error) => (broken = trouble));
        throw error;
      } finally {
        client.release(broken);
      }
    });
  }

  /** Statements without values in one transaction; by one process at a time, which has the advisory lock before it begins. */
  async script(lock: number, statements: readonly string[]): Promise<void> {
    await this.#patiently(async () => {
      const client = await this.#pool.connect();
      try {
        await client.query('select pg_advisory_lock($1)', [lock]);
        await client.query(['begin', ...statements, 'commit'].join(';\n'));
      } finally {
        // Its end is the end of the lock too, whatever became of the statements.
        client.release(true);
      }
    });
  }

  /** One of the caller's own, outside of the pool. */
  async connection(): Promise<pg.Client> {
    const client = new pg.Client(this.#config);
    // What ends it is thrown by its next query.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  /** Numbers of writes nobody asks for any more. */
  async forgetOldWrites(): Promise<void> {
    await this.rows('delete from mxodus.writes where at < now() - make_interval(secs => $1)', [HOUR_MS / 1000]);
  }

  #writer(client: pg.PoolClient): Writer {
    return {
      rows: async (text, values = []) => (await client.query<Row>(this.#query(text, values))).rows,
      changed: async (text, values = []) => (await client.query(this.#query(text, values))).rowCount ?? 0,
    };
  }

  #query(text: string, values: readonly unknown[]): { name: string; text: string; values: unknown[] } {
    let name = this.#names.get(text);
    if (name === undefined) {
      name = `s${this.#names.size}`;
      this.#names.set(text, name);
    }
    return { name, text, values: [...values] };
  }

  async #patiently<T>(attempt: () => Promise<T>): Promise<T> {
    const end = performance.now() + this.#patienceMs;
    for (let wait = 50; ; wait = Math.min(2 * wait, 1000)) {
      try {
        return await attempt();
      } catch (error) {
        const trouble = troubleOf(error);
        if (trouble === 'other' || performance.now() + wait > end) throw fromPostgres(error);
      }
      await pause(wait);
    }
  }
}

/** All that has to be true before anything is written, in one round trip. */
async function begin(client: pg.PoolClient, write: string, fence: Fence | null): Promise<void> {
  const begun = `begin; insert into mxodus.writes (id) values ('${write}')`;
  if (fence === null) return void (await client.query(begun));
  if (fence.heldForMs() <= 0) throw leaseLost(fence);
  // Who takes the lease over deletes the row, and waits for this transaction; renewing it does not have to.
  const { name, epoch } = fence;
  const held = `select 1 from mxodus.leases where name = ${pg.escapeLiteral(name)} and epoch = ${epoch} for key share`;
  // Several statements at once have several results.
  const results: unknown = await client.query(`${begun}; ${held}`);
  const last: unknown = Array.isArray(results) ? results.at(-1) : null;
  if (!(last instanceof pg.Result) || last.rowCount !== 1) throw leaseLost(fence);
}

export const leaseLost = ({ name }: Pick<Fence, 'name'>): MxodusError =>
  new MxodusError('LEASE_LOST', {
    what: `the lease "${name}" is no longer this process's`,
    why: 'it was out of touch with the ledger for longer than the lease lasts; another process may have taken over',
    advice: 'nothing: nothing was written, and who took over goes on',
  });

/** int8 as a number, all else as pg does it. */
const typeParser: typeof pg.types.getTypeParser = (oid: number, format?: unknown) => {
  if (oid === INT8) return safeInteger;
  return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text');
};

function safeInteger(value: string): number {
  const number = Number(value);
  invariant(Number.isSafeInteger(number), `${value} fits into a number`);
  return number;
}
