import { addressHolds, type HistoryRow, heldRows, isPool, moves } from '@mxodus/engine';
import { dnsName, type JournalNote, type LookupResult, sameRecords } from '@mxodus/model';
import { hostsOf } from './facts/mx-hosts.ts';
import type { LookPorts } from './ports.ts';
import type { Run } from './run-context.ts';

/** The server of rows that were looked up: by whom they were answered is not known. */
const LOOKED_UP = 'lookup';
const DAY_MS = 24 * 3_600_000;

/** What of a run is needed here. */
type Watching = Pick<Run, 'plan' | 'progress' | 'signal'> & { ports: Pick<LookPorts, 'lookup' | 'history' | 'now'> };

/**
 * Looks the addresses of the new MX hosts up, keeps them, and writes down until when a cache may hold one that is not there any more: a
 * host that was looked up before it got its place draws mail to the wrong one for as long as its TTL, however short that of the MX is.
 */
export async function watchAddresses<R extends Watching>(
  run: R,
  write: (run: R, note: JournalNote) => Promise<void>,
): Promise<void> {
  const { plan, ports } = run;
  const { resolver_floor: floorMs, slack: slackMs } = plan.settings;
  const hosts = await noteAddresses(run);
  const history = await ports.history.rows();
  for (const hold of addressHolds(history, hosts, { now: ports.now(), floorMs, slackMs })) {
    const { host, before, after, arithmetic } = hold;
    if (run.progress.addresses.some((one) => one.host === host && one.safeAt >= hold.safeAt)) continue;
    const facts = { host, before: [...before], after: [...after], safe_at: iso(hold.safeAt), arithmetic };
    await write(run, { state: run.progress.state, event: 'address', facts });
  }
}

/** Looks the addresses of the new MX hosts up and keeps them: the earlier they are known, the less a change of them can surprise. */
export async function noteAddresses({ plan, ports, signal }: Omit<Watching, 'progress'>): Promise<string[]> {
  const { resolver_floor: floorMs } = plan.settings;
  const hosts = [...new Set(plan.domains.filter(moves).flatMap(({ after }) => hostsOf(after)))];
  const zones = [...new Set(plan.domains.map(({ zone }) => dnsName(zone)))];
  const known = await ports.history.rows();
  const looked = await Promise.all(
    hosts.flatMap((host) =>
      (['A', 'AAAA'] as const).map(async (type) => {
        const result = await ports.lookup.lookUp(host, type, signal);
        const isOurs = zones.some((zone) => host === zone || host.endsWith(`.${zone}`));
        return rowOf(result, { host, type, at: ports.now(), known, isOurs, floorMs });
      }),
    ),
  );
  await ports.history.note(looked.flat());
  return hosts;
}

interface Looked {
  host: string;
  type: 'A' | 'AAAA';
  at: number;
  known: readonly HistoryRow[];
  /** It was asked at its own servers: the TTL is the whole one. */
  isOurs: boolean;
  floorMs: number;
}

/** No answer is no row: what was there is still taken to be. */
function rowOf(result: LookupResult, { host, type, at, known, isOurs, floorMs }: Looked): HistoryRow[] {
  if (result.kind === 'error') return [];
  const records = result.kind === 'answer' ? result.records : [];
  const ttl = result.kind === 'answer' ? result.ttl : (result.negativeTtl ?? 0);
  const rows = heldRows(known, { name: host, type }).find(([first]) => first?.server === LOOKED_UP) ?? [];
  const last = rows.at(-1);
  // A pool answers otherwise at each look: once a day says that it still does.
  if (last !== undefined && isPool(rows, floorMs) && at - last.at < DAY_MS) return [];
  // A cache tells what remains of the TTL: the most that was seen is the nearest to the whole one.
  const isSame = last !== undefined && sameRecords(last.records, records);
  const whole = !isOurs && isSame ? Math.max(ttl, last.ttl) : ttl;
  return [{ name: host, type, at, server: LOOKED_UP, ttl: whole, records }];
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
