import { type Delegation, PARENT_NOT_ASKED, type Rrset } from '@mxodus/model';
import { expect, test } from 'vitest';
import type { HistoryRow } from '../history.ts';
import { domain, NS1, NS2, START } from '../world.test.support.ts';
import { delegationFault, oldMailHost } from './delegation.ts';

const SET: Rrset = { ttl: 3600, records: ['ns1.example', 'ns2.example'] };
const OTHER: Rrset = { ttl: 3600, records: ['ns1.example', 'ns9.example'] };
const DS: Rrset = { ttl: 86_400, records: ['1 13 2 ab'] };

function zone(over: Partial<Delegation> = {}): Delegation {
  const child = [NS1, NS2].map((server) => ({ server, ns: SET, why: null }));
  return { zone: 'example.com', parent: SET, child, ds: { ttl: 0, records: [] }, validates: null, why: null, ...over };
}

function seen(hours: number, records: readonly string[], over: Partial<HistoryRow> = {}): HistoryRow {
  return {
    name: 'example.com',
    type: 'NS',
    at: START - hours * 3_600_000,
    server: 'parent',
    ttl: 60,
    records,
    ...over,
  };
}

const AT_NS1 = { server: NS1, ns: SET, why: null };

test.each<[string, Delegation[], HistoryRow[], string | null, string?]>([
  ['all agree', [zone()], [], null],
  ['nothing was asked', [], [], null],
  ['signed, and it validates', [zone({ ds: DS, validates: true })], [], null],
  ['servers configured', [zone({ parent: null, ds: null, why: PARENT_NOT_ASKED })], [], null],
  ['the same names with another TTL', [zone({ parent: { ...SET, ttl: 172_800 } })], [], null],
  ['parent and child differ', [zone({ parent: OTHER })], [], 'red', 'ns9.example'],
  ['two servers differ', [zone({ child: [AT_NS1, { server: NS2, ns: OTHER, why: null }] })], [], 'red', '192.0.2.2'],
  ['validation fails', [zone({ ds: DS, validates: false })], [], 'red', 'DS'],
  ['nobody validates', [zone({ ds: DS })], [], 'amber', 'validates'],
  ['the parent is silent', [zone({ parent: null, ds: null, why: 'no answer' })], [], 'unknown', 'no answer'],
  ['a server is silent', [zone({ child: [AT_NS1, { server: NS2, ns: null, why: 'lame' }] })], [], 'unknown', 'lame'],
  ['no server is known', [zone({ child: [] })], [], 'unknown', 'no name server'],
  ['red comes before unknown, of all zones', [zone({ child: [] }), zone({ parent: OTHER })], [], 'red'],
  ['NS moved half an hour ago', [zone()], [seen(9, OTHER.records), seen(0.5, SET.records)], 'red', 'never combine'],
  ['NS moved longer ago than any TTL', [zone()], [seen(9, OTHER.records), seen(1.1, SET.records)], null],
  [
    'NS moved within the TTL it had',
    [zone()],
    [seen(9, OTHER.records, { ttl: 7200 }), seen(1.1, SET.records)],
    'red',
    '7200 s',
  ],
  [
    'a DS came within its TTL',
    [zone({ ds: DS, validates: true })],
    [seen(50, [], { type: 'DS' }), seen(20, DS.records, { type: 'DS' })],
    'red',
    'DS',
  ],
  [
    'another zone moved',
    [zone()],
    [seen(9, OTHER.records, { name: 'a' }), seen(0.5, SET.records, { name: 'a' })],
    null,
  ],
])('%s', (_case, delegations, history, status, why) => {
  const fault = delegationFault(delegations, history, START);
  expect(fault?.status ?? null).toBe(status);
  if (why !== undefined) expect(`${fault?.why} ${fault?.fix}`).toContain(why);
});

test('a name server at the old mail host is amber, unless that host stays', () => {
  const plan = domain('example.com', { before: { ttl: 60, records: [{ host: 'ns1', preference: 10 }] } });
  const fault = (plans: Parameters<typeof oldMailHost>[0]) =>
    delegationFault([zone()], [], START, oldMailHost(plans, null));
  expect(fault([plan])?.status).toBe('amber');
  expect(fault([{ ...plan, after: plan.before }])).toBeNull();
  expect(delegationFault([zone()], [], START, { names: [], addresses: ['192.0.2.2'] })?.status).toBe('amber');
});
