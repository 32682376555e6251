import { type ApplyResult, type DnsProvider, type RrsetChange, sameRrset } from '@mxodus/model';
import { checkReadBack, type FoundChange, judgeTogether } from '../../http/zone-guard.ts';
import { type CpanelAccess, CpanelClient } from './cpanel-client.ts';
import { type CpanelRrset, type CpanelZone, edits, numbered, readZone, rrsetOf, sameEdit } from './cpanel-zone.ts';

export interface CpanelOptions extends CpanelAccess {
  zone: string;
}

const SERVICE = 'cPanel';
/** An edit of other records in between is no conflict, but must end some time. */
const ATTEMPTS = 4;

/**
 * The zone editor of cPanel and of WHM. One call makes all changes, and is refused when the zone's serial is another one than was read:
 * then the zone is read and compared anew.
 */
export function cpanelProvider(options: CpanelOptions): DnsProvider {
  const { zone } = options;
  const client = new CpanelClient(options);
  const look = async (changes: readonly RrsetChange[], signal: AbortSignal) => {
    const read = readZone(zone, await client.parseZone(zone, signal));
    return { read, found: changes.map((change) => ({ ...change, live: rrsetOf(read, change) })) };
  };

  const apply = async (changes: readonly RrsetChange[], signal: AbortSignal): Promise<ApplyResult> => {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const { read, found } = await look(changes, signal);
      const verdict = judgeTogether(found, SERVICE);
      if (verdict.kind === 'conflict') return verdict;
      if (verdict.kind === 'done') return { kind: 'applied', serial: read.serial, changeId: null };
      const parameters = new URLSearchParams([['zone', zone], ['serial', String(read.serial)], ...edits(found)]);
      if ((await client.massEdit(parameters, zone, signal)).kind === 'stale') continue;
      const after = await look(changes, signal);
      checkReadBack(after.found, SERVICE);
      return { kind: 'applied', serial: after.read.serial, changeId: null };
    }
    return {
      kind: 'conflict',
      why: `somebody changes the zone ${zone} at ${SERVICE} all the time: its serial was stale ${ATTEMPTS} times`,
    };
  };

  return {
    name: 'cpanel',
    capabilities: { atomic: true, compareAndSwap: true, minTtl: 1 },
    apply,
    rehearse: async (changes, signal) => {
      const { read, found } = await look(changes, signal);
      const same = found.map((change) => harmlessEdit(read, change));
      const known = same.filter((edit) => edit !== null);
      // A serial that is not the zone's: even these edits, to what the lines are, cannot be made.
      const serial = read.serial === 0 ? 1 : read.serial - 1;
      if (known.length === 0) return 'unknown';
      const parameters = new URLSearchParams([
        ['zone', zone],
        ['serial', String(serial)],
        ...numbered('edit', [...new Set(known)]),
      ]);
      const { kind } = await client.massEdit(parameters, zone, signal);
      const asExpected = found.every(({ live, before }) => sameRrset(live, before));
      return kind === 'stale' && asExpected && known.length === same.length ? 'allowed' : 'unknown';
    },
  };
}

/** Of the RRset itself, or of another one of its type: features are given by type. */
function harmlessEdit({ lines }: CpanelZone, { type, live }: FoundChange<CpanelRrset>): string | null {
  const candidates = [...live.lines, ...lines.filter((line) => line.type === type)];
  for (const line of candidates) {
    const edit = sameEdit(line);
    if (edit !== null) return edit;
  }
  return null;
}
