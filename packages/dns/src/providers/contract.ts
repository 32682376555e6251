import { type DnsProvider, type MxChange, type MxRrset, sameRrset } from '@mxodus/model';
import { expect, test } from 'vitest';

/** A zone a provider can change, and a way to look at it and to change it behind the provider's back. */
export interface ProviderUnderTest {
  provider: () => DnsProvider;
  /** Relative names that have `OLD`; each test takes its own. */
  names: () => readonly [string, string, string, string, string];
  /** A name that has no MX. */
  unused: () => string;
  live: (domain: string) => Promise<MxRrset>;
  editByHand: (domain: string, rrset: MxRrset) => Promise<void>;
  serial: () => Promise<number | null>;
}

export const OLD: MxRrset = { ttl: 20, records: [{ host: 'old.example.test', preference: 10 }] };
export const LOW: MxRrset = { ...OLD, ttl: 3 };
export const NEW: MxRrset = {
  ttl: 3,
  records: [
    { host: 'mx1.new.test', preference: 5 },
    { host: 'mx2.new.test', preference: 20 },
  ],
};
const NONE: MxRrset = { ttl: 0, records: [] };

/** What every provider that makes changes itself must do; one that can compare and swap, and is atomic, must prove it. */
export function testProvider(subject: ProviderUnderTest): void {
  const { live, editByHand, serial } = subject;
  const { signal } = new AbortController();
  const apply = (...changes: MxChange[]) => subject.provider().apply(changes, signal);
  const change = (domain: string, before: MxRrset, after: MxRrset) => ({ domain, before, after });

  test('lowers the TTL, switches, and restores, each as one change', async () => {
    const [domain] = subject.names();
    const first = await serial();
    for (const [before, after] of [
      [OLD, LOW],
      [LOW, NEW],
      [NEW, { ...NEW, ttl: 20 }],
    ] as const) {
      expect(await apply(change(domain, before, after))).toMatchObject({ kind: 'applied' });
      expect(sameRrset(await live(domain), after)).toBe(true);
    }
    expect(await serial()).toBe((first ?? 0) + 3);
  });

  test('creates an RRset that was not there, and takes it away again', async () => {
    const domain = subject.unused();
    expect((await apply(change(domain, NONE, LOW))).kind).toBe('applied');
    expect(await live(domain)).toEqual(LOW);
    expect((await apply(change(domain, LOW, NONE))).kind).toBe('applied');
    expect((await live(domain)).records).toEqual([]);
  });

  test('changes nothing when the records are not what was expected, of all the names', async () => {
    const [, domain, other] = subject.names();
    const edited = { ttl: 20, records: [{ host: 'somebody.test', preference: 1 }] };
    await editByHand(other, edited);
    const first = await serial();
    expect((await apply(change(domain, OLD, LOW), change(other, OLD, LOW))).kind).toBe('conflict');
    expect(await live(domain)).toEqual(OLD);
    expect(await live(other)).toEqual(edited);
    expect(await serial()).toBe(first);
  });

  test('changes nothing when only the TTL is not what was expected', async () => {
    const [, domain] = subject.names();
    expect((await apply(change(domain, { ...OLD, ttl: 19 }, LOW))).kind).toBe('conflict');
    expect(await live(domain)).toEqual(OLD);
  });

  test('two names change in one transaction, and doing it again is not a second change', async () => {
    const [, , , domain, other] = subject.names();
    const first = await serial();
    const both = [change(domain, OLD, NEW), change(other, OLD, NEW)];
    expect((await apply(...both)).kind).toBe('applied');
    expect([await live(domain), await live(other)]).toEqual([NEW, NEW]);
    expect((await apply(...both)).kind).toBe('applied');
    expect(await serial()).toBe((first ?? 0) + 1);
  });

  test('a rehearsal proves the permission and changes nothing', async () => {
    const [, domain] = subject.names();
    const first = await serial();
    expect(await subject.provider().rehearse([change(domain, OLD, LOW)], signal)).toBe('allowed');
    expect(await subject.provider().rehearse([change(domain, NEW, LOW)], signal)).toBe('unknown');
    expect(await live(domain)).toEqual(OLD);
    expect(await serial()).toBe(first);
  });
}
