import { type RrsetName, type RrType, sameRecords } from '@mxodus/model';
import { safeAt } from './safe-at.ts';

/**
 * What authoritative servers served before, kept over runs: a TTL that was lowered yesterday by a colleague still lives in caches, and so
 * does an address that was changed this morning.
 */
export interface HistoryRow {
  name: string;
  type: RrType | 'NS' | 'DS';
  /** Milliseconds since the epoch. */
  at: number;
  /** "192.0.2.1:53"; what was only looked up, or was told by a parent zone, says so here. */
  server: string;
  /** Of the records, or of their absence. */
  ttl: number;
  records: readonly string[];
}

/** A row, and until when it held: the next row of that server, name and type began. null: it holds still. */
export interface HeldRow extends HistoryRow {
  until: number | null;
}

/** The rows of a name and type, each server's one after the other. */
export function heldRows(
  history: readonly HistoryRow[],
  { name, type }: Pick<HistoryRow, 'name' | 'type'>,
): HeldRow[][] {
  const rows = history.filter((row) => row.name === name && row.type === type);
  return [...Map.groupBy(rows, ({ server }) => server).values()].map((of) => {
    const inOrder = of.toSorted((a, b) => a.at - b.at);
    return inOrder.map((row, index) => ({ ...row, until: inOrder[index + 1]?.at ?? null }));
  });
}

/**
 * The longest TTL, in seconds, that any server gave for an RRset or for its absence at some moment since; 0: it was never seen.
 * @param since milliseconds since the epoch
 */
export function oldTtl(history: readonly HistoryRow[], rrset: RrsetName, since: number): number {
  const held = heldRows(history, rrset).flat();
  return Math.max(0, ...held.filter(({ until }) => until === null || until > since).map(({ ttl }) => ttl));
}

/** An address that caches may hold although it is not that of the host any more. */
export interface AddressChange {
  host: string;
  before: readonly string[];
  after: readonly string[];
  /** Milliseconds since the epoch. */
  safeAt: number;
  /** The sum as a sentence. */
  arithmetic: string;
}

export interface HoldOptions {
  now: number;
  floorMs: number;
  slackMs: number;
}

/**
 * The hosts whose A or AAAA changed so lately that a cache may hold what was there before: mail would go there, or nowhere. One for each
 * host and type, the one that lasts longest. Where addresses were only added there is none: the ones a cache holds are still good.
 */
export function addressHolds(
  history: readonly HistoryRow[],
  hosts: readonly string[],
  options: HoldOptions,
): AddressChange[] {
  return hosts.flatMap((host) =>
    (['A', 'AAAA'] as const).flatMap((type) => {
      const holds = heldRows(history, { name: host, type }).flatMap((rows) => holdsOf(rows, options));
      const [longest] = holds.toSorted((a, b) => b.safeAt - a.safeAt);
      return longest === undefined ? [] : [longest];
    }),
  );
}

function holdsOf(rows: readonly HeldRow[], { now, floorMs, slackMs }: HoldOptions): AddressChange[] {
  const last = rows.at(-1);
  if (last === undefined || isPool(rows, floorMs)) return [];
  return rows.flatMap((row) => {
    if (row.until === null || isStillGood(row.records, last.records)) return [];
    const wait = safeAt({ servedAt: row.until, ttls: [row.ttl], floorMs, slackMs });
    if (wait.safeAt <= now) return [];
    const was = row.records.length === 0 ? `no ${row.type}` : row.records.join(', ');
    const arithmetic = `${was} was there until the new one was at ${wait.arithmetic}`;
    return [{ host: row.name, before: row.records, after: last.records, safeAt: wait.safeAt, arithmetic }];
  });
}

function isStillGood(before: readonly string[], now: readonly string[]): boolean {
  return sameRecords(before, now) || (before.length > 0 && before.every((address) => now.includes(address)));
}

const POOL_CHANGES = 3;

/**
 * A name that has answered otherwise three times, and never with a TTL above what every wait allows for anyway, is taken for one of a pool
 * of addresses that take turns, as large mail services have: all of them are good, and to wait for the last turn would be to wait for ever.
 * Should it be none, no cache holds the old address longer than the resolver floor.
 */
export function isPool(rows: readonly HistoryRow[], floorMs: number): boolean {
  const turns = rows.filter((row, index) => {
    const before = rows[index - 1];
    return before !== undefined && !sameRecords(before.records, row.records);
  });
  return turns.length >= POOL_CHANGES && rows.every(({ ttl, records }) => ttl * 1000 <= floorMs && records.length > 0);
}
