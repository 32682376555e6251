import {
  canonicalRrset,
  type DnsProvider,
  MxodusError,
  type Rrset,
  type RrsetChange,
  type RrType,
  sameRrset,
} from '@mxodus/model';
import { describe, expect, test } from 'vitest';

/** A zone a provider can change, and a way to look at it and to change it behind the provider's back. */
export interface ProviderUnderTest {
  zone: string;
  provider: () => DnsProvider;
  /** The same with credentials that are wrong, and what must be in no error text. */
  refused?: { provider: () => DnsProvider; secrets: readonly string[] };
  /** The same where nothing listens. */
  unreachable?: () => DnsProvider;
  /** Does its work and never answers: the change is made, and nobody says so. */
  silent?: () => DnsProvider;
  /** Relative names that have `OLD`, each test takes its own: at least eight. */
  names: readonly string[];
  live: (name: string, type: RrType) => Promise<Rrset>;
  editByHand: (name: string, type: RrType, rrset: Rrset) => Promise<void>;
  /** How many changes the zone has seen: its serial, or a count. null: it does not tell. */
  changes: () => Promise<number | null>;
  /** Default: all of them. */
  types?: readonly RrType[];
  /** Lowest TTL of the records of this suite; default 3. */
  lowTtl?: number;
}

export const OLD: Rrset = { ttl: 600, records: ['10 old.example.test'] };
const NONE: Rrset = { ttl: 0, records: [] };

const DKIM = `v=DKIM1; k=rsa; p=${'MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC'.repeat(12)}`;

/** One of each type, as canonical text; the TXT does not fit into one character-string. */
const OTHERS: readonly [RrType, string, readonly string[]][] = [
  ['TXT', 'selector._domainkey', [DKIM]],
  ['TXT', 'texts', ['v=spf1 include:spf.example.net -all', 'said "hi" \\ bye']],
  ['CNAME', 'autodiscover', ['autodiscover.outlook.com']],
  ['A', 'host4', ['192.0.2.7', '192.0.2.8']],
  ['AAAA', 'host6', ['2001:db8::7']],
  ['SRV', '_imaps._tcp', ['0 1 993 old.example.test']],
  ['TLSA', '_25._tcp.old', [`3 1 1 ${'0f'.repeat(32)}`]],
];

/** What every provider that makes changes itself must do; what it can only promise in part, its capabilities say. */
export function testProvider(subject: ProviderUnderTest): void {
  const { zone, live, editByHand, lowTtl = 3, types } = subject;
  const { signal } = new AbortController();
  const low: Rrset = { ...OLD, ttl: lowTtl };
  const fresh: Rrset = { ttl: lowTtl, records: ['5 mx1.new.test', '20 mx2.new.test'] };
  const apply = (...changes: RrsetChange[]) => subject.provider().apply(changes, signal);
  const full = (name: string): string => (name === '@' ? zone : `${name}.${zone}`);
  const mx = (name: string, before: Rrset, after: Rrset): RrsetChange => ({
    name: full(name),
    type: 'MX',
    before,
    after,
  });
  const has = (type: RrType): boolean => types?.includes(type) ?? true;
  const mxOf = (name: string): Promise<Rrset> => live(full(name), 'MX');
  const [lowered = '', edited = '', other = '', both = '', too = '', rehearsed = '', half = '', quiet = ''] =
    subject.names;

  test('lowers the TTL, switches, and restores', async () => {
    for (const [before, after] of [
      [OLD, low],
      [low, fresh],
      [fresh, { ...fresh, ttl: 600 }],
    ] as const) {
      expect(await apply(mx(lowered, before, after))).toMatchObject({ kind: 'applied' });
      expect(sameRrset(await mxOf(lowered), after)).toBe(true);
    }
  });

  describe.each(OTHERS.filter(([type]) => has(type)))('%s at %s', (type, name, records) => {
    test('is created as it was asked for, and taken away again', async () => {
      const set: Rrset = { ttl: 600, records };
      const change = (before: Rrset, after: Rrset): RrsetChange => ({ name: full(name), type, before, after });
      expect((await apply(change(NONE, set))).kind).toBe('applied');
      expect(canonicalRrset(type, await live(full(name), type))).toEqual(canonicalRrset(type, set));
      expect((await apply(change(set, NONE))).kind).toBe('applied');
      expect((await live(full(name), type)).records).toEqual([]);
    });
  });

  test('changes nothing when the records are not what was expected, of all the names', async () => {
    const byHand: Rrset = { ttl: 600, records: ['1 somebody.example'] };
    await editByHand(full(other), 'MX', byHand);
    const before = await subject.changes();
    expect((await apply(mx(edited, OLD, low), mx(other, OLD, low))).kind).toBe('conflict');
    expect([await mxOf(edited), await mxOf(other)]).toEqual([OLD, byHand]);
    expect(await subject.changes()).toBe(before);
  });

  test('changes nothing when only the TTL is not what was expected', async () => {
    expect((await apply(mx(edited, { ...OLD, ttl: 601 }, low))).kind).toBe('conflict');
    expect(await mxOf(edited)).toEqual(OLD);
  });

  if (has('CNAME') && has('A'))
    describe('a CNAME, which may have nothing beside it', () => {
      const address: Rrset = { ttl: 600, records: ['192.0.2.9'] };
      const alias: Rrset = { ttl: lowTtl, records: ['autodiscover.outlook.com'] };
      const name = full('alias');
      const aliasLive = async (): Promise<Rrset[]> => [await live(name, 'A'), await live(name, 'CNAME')];

      test('takes the place of an address and gives it back, in whatever order they are named', async () => {
        await apply({ name, type: 'A', before: NONE, after: address });
        const there: RrsetChange[] = [
          { name, type: 'CNAME', before: NONE, after: alias },
          { name, type: 'A', before: address, after: NONE },
        ];
        const back: RrsetChange[] = [
          { name, type: 'A', before: NONE, after: address },
          { name, type: 'CNAME', before: alias, after: NONE },
        ];
        expect((await apply(...there)).kind).toBe('applied');
        expect(await aliasLive()).toMatchObject([{ records: [] }, alias]);
        const made = await subject.changes();
        expect((await apply(...there)).kind).toBe('applied');
        expect(await subject.changes()).toBe(made);
        expect((await apply(...back)).kind).toBe('applied');
        expect(await aliasLive()).toMatchObject([address, { records: [] }]);
        expect((await apply({ name, type: 'A', before: address, after: NONE })).kind).toBe('applied');
      });

      test('is not made where another record stays: a definite no, and where all go together nothing is changed', async () => {
        const changes = [
          mx(rehearsed, OLD, fresh),
          { name: full(edited), type: 'CNAME', before: NONE, after: alias },
        ] satisfies RrsetChange[];
        const before = await subject.changes();
        const outcome = await apply(...changes).then(
          ({ kind }) => kind,
          (error: unknown) => (error instanceof MxodusError ? error.code : error),
        );
        expect(['conflict', 'DNS_REFUSED']).toContain(outcome);
        expect(await mxOf(edited)).toEqual(OLD);
        if (!subject.provider().capabilities.atomic) return;
        expect(await mxOf(rehearsed)).toEqual(OLD);
        expect(await subject.changes()).toBe(before);
      });
    });

  test('two names change at once, and doing it again is no second change', async () => {
    const changes = [mx(both, OLD, fresh), mx(too, OLD, fresh)];
    expect((await apply(...changes)).kind).toBe('applied');
    expect([await mxOf(both), await mxOf(too)]).toEqual([fresh, fresh]);
    const after = await subject.changes();
    expect((await apply(...changes)).kind).toBe('applied');
    expect(await subject.changes()).toBe(after);
  });

  test('what was done by half is finished, or was never begun', async () => {
    const changes = [mx(half, OLD, fresh), { ...mx('half-new', NONE, fresh) }];
    if (subject.provider().capabilities.atomic) {
      // Half of it by somebody else's hand is no change of ours.
      await editByHand(full(half), 'MX', fresh);
      expect((await apply(...changes)).kind).toBe('conflict');
      expect((await mxOf('half-new')).records).toEqual([]);
      return;
    }
    await editByHand(full(half), 'MX', fresh);
    expect((await apply(...changes)).kind).toBe('applied');
    expect([await mxOf(half), await mxOf('half-new')]).toEqual([fresh, fresh]);
  });

  test('a rehearsal proves the permission, sees what is not as expected, and changes nothing', async () => {
    const before = await subject.changes();
    expect(await subject.provider().rehearse([mx(rehearsed, OLD, low)], signal)).toBe('allowed');
    for (const wrong of [fresh, { ...OLD, ttl: 601 }])
      expect(await subject.provider().rehearse([mx(rehearsed, wrong, low)], signal)).toBe('unknown');
    expect(await mxOf(rehearsed)).toEqual(OLD);
    expect(await subject.changes()).toBe(before);
  });

  const { refused, unreachable, silent } = subject;
  if (refused !== undefined)
    test('wrong credentials are a definite no, told without them', async () => {
      const error = await failure(() => refused.provider().apply([mx(rehearsed, OLD, low)], signal));
      expect(error.code).toBe('DNS_REFUSED');
      const text = JSON.stringify([error.message, error.what, error.why, error.advice, String(error.cause)]);
      for (const secret of refused.secrets) expect(text).not.toContain(secret);
      expect(await mxOf(rehearsed)).toEqual(OLD);
    });

  if (unreachable !== undefined)
    test('where nobody answers it says so', async () => {
      const error = await failure(() => unreachable().apply([mx(rehearsed, OLD, low)], signal));
      expect(error.code).toBe('DNS_UNREACHABLE');
    });

  if (silent !== undefined)
    test('a change without an answer is in doubt; asked again, it is found made', async () => {
      const error = await failure(() => silent().apply([mx(quiet, OLD, fresh)], signal));
      expect(['DNS_UNREACHABLE', 'DNS_ANSWER']).toContain(error.code);
      await expect.poll(() => mxOf(quiet)).toEqual(fresh);
      const before = await subject.changes();
      expect((await apply(mx(quiet, OLD, fresh))).kind).toBe('applied');
      expect(await subject.changes()).toBe(before);
    });
}

async function failure(act: () => Promise<unknown>): Promise<MxodusError> {
  const error = await act().then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof MxodusError) return error;
  throw new Error(`expected an MxodusError, got ${String(error)}`);
}
