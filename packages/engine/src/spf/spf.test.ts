import type { LookupResult } from '@mxodus/model';
import { describe, expect, test } from 'vitest';
import { containsAddress } from './contains-address.ts';
import { mergeSpf } from './merge-spf.ts';
import { spfCost, spfQuestions } from './spf-cost.ts';

const M365 = 'v=spf1 include:spf.protection.outlook.com -all';

describe('mergeSpf', () => {
  test.each([
    ['no record yet', null, M365, M365],
    ['not an SPF record', 'google-site-verification=x', M365, M365],
    ['before all, whose policy stays', 'v=spf1 a mx ~all', M365, 'v=spf1 a mx include:spf.protection.outlook.com ~all'],
    ['what is there already', 'v=spf1 +Include:SPF.Protection.Outlook.com. -all', M365, null],
    ['no all: none is added', 'v=spf1 a', M365, 'v=spf1 a include:spf.protection.outlook.com'],
    ['before a redirect', 'v=spf1 redirect=a.test', M365, 'v=spf1 include:spf.protection.outlook.com redirect=a.test'],
    ['a wanted redirect', 'v=spf1 mx -all', 'v=spf1 redirect=b.test', 'v=spf1 mx include:b.test -all'],
    [
      'addresses',
      'v=spf1 ip4:192.0.2.1/32 -all',
      'v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 ip6:2001:DB8::1 ~all',
      'v=spf1 ip4:192.0.2.1/32 ip6:2001:db8::1 -all',
    ],
    ['another qualifier', 'v=spf1 ?include:b.test -all', 'v=spf1 include:b.test -all', 'v=spf1 include:b.test -all'],
    ['an explanation', 'v=spf1 a exp=why.test', 'v=spf1 mx', 'v=spf1 a mx exp=why.test'],
    ['what is wanted is no SPF', 'v=spf1 a -all', 'something', null],
  ])('%s', (_, record, wanted, merged) => {
    const once = mergeSpf(record, wanted);
    expect(once).toBe(merged ?? record);
    expect(mergeSpf(once, wanted)).toBe(once);
  });
});

const txt = (...records: string[]): LookupResult => ({ kind: 'answer', ttl: 60, records, secure: false });
const absent: LookupResult = { kind: 'absent', negativeTtl: 60 };

describe('spfCost', () => {
  const cost = (record: string, answers: Record<string, LookupResult> = {}) => spfCost(record, 'example.com', answers);

  test('counts the terms that ask DNS through includes and redirects, and none behind all', () => {
    const answers = {
      'a:example.com': txt('192.0.2.1'),
      'mx:example.com': txt('10 mx.example.com'),
      'one.test': txt('other text', 'v=spf1 a:x.test exists:%{i}.l.test ip4:192.0.2.0/24 -all redirect=never.test'),
      'a:x.test': txt('192.0.2.2'),
      'two.test': txt('v=spf1 ptr redirect=three.test'),
      'three.test': txt('v=spf1 ip6:2001:db8::/32 ~all mx'),
    };
    const record = 'v=spf1 a mx/24 include:One.test. ?include:two.test -all include:never.test';
    expect(cost(record, answers)).toEqual({
      lookups: 8,
      voids: 0,
      allowsAll: false,
      faults: [],
      unknown: [],
      networks: ['192.0.2.0/24', '2001:db8::/32'],
      includes: ['one.test', 'two.test', 'three.test'],
      hosts: ['a:example.com', 'mx:example.com', 'a:x.test'],
    });
    expect(spfQuestions(record, 'example.com')).toEqual([
      { key: 'a:example.com', name: 'example.com', type: 'A' },
      { key: 'mx:example.com', name: 'example.com', type: 'MX' },
      { key: 'one.test', name: 'one.test', type: 'TXT' },
      { key: 'two.test', name: 'two.test', type: 'TXT' },
    ]);
  });

  test.each<[string, string, Record<string, LookupResult>, object]>([
    [
      'look-ups of what is not there',
      'v=spf1 a mx -all',
      { 'a:example.com': absent, 'mx:example.com': absent },
      { lookups: 2, voids: 2 },
    ],
    [
      'an include without a record',
      'v=spf1 include:a.test -all',
      { 'a.test': absent },
      { voids: 1, faults: ['include:a.test: a.test has no SPF record'] },
    ],
    [
      'an include with two',
      'v=spf1 include:a.test -all',
      { 'a.test': txt('v=spf1 a', 'v=spf1 mx') },
      { faults: ['include:a.test: a.test has more than one SPF record'] },
    ],
    [
      'an include of itself',
      'v=spf1 include:example.com -all',
      { 'example.com': txt('v=spf1 include:example.com -all') },
      { faults: ['include:example.com: example.com includes itself'] },
    ],
    [
      'what could not be asked',
      'v=spf1 include:a.test a -all',
      { 'a.test': { kind: 'error', why: 'SERVFAIL' } },
      { lookups: 2, unknown: ['TXT of a.test: SERVFAIL', 'A of example.com'] },
    ],
    ['anybody, by an include', 'v=spf1 include:a.test -all', { 'a.test': txt('v=spf1 +all') }, { allowsAll: true }],
    ['all without a sign', 'v=spf1 all', {}, { allowsAll: true }],
    [
      'words that are no terms',
      'v=spf1 ipv4:192.0.2.1 include: ip4:1.2.3 -all',
      {},
      {
        faults: [
          '"ipv4:192.0.2.1" of example.com is no SPF term',
          '"include:" of example.com is no SPF term',
          '"ip4:1.2.3" of example.com is no SPF term',
        ],
      },
    ],
  ])('%s', (_, record, answers, expected) => {
    expect(cost(record, answers)).toMatchObject(expected);
  });

  test('two records that include each other many times end', () => {
    const many = 'v=spf1 include:a.test include:b.test include:a.test include:b.test -all';
    expect(cost(many, { 'a.test': txt(many), 'b.test': txt(many) }).lookups).toBeGreaterThan(10);
  });
});

test.each([
  ['192.0.2.0/24', '192.0.2.255', true],
  ['192.0.2.0/24', '192.0.3.0', false],
  ['192.0.2.1', '192.0.2.1', true],
  ['0.0.0.0/0', '203.0.113.9', true],
  ['192.0.2.0/25', '192.0.2.0/24', false],
  ['2001:db8::/32', '2001:DB8:1::5', true],
  ['2001:db8::/32', '2001:db9::', false],
  ['::ffff:192.0.2.1', '192.0.2.1', false],
  ['192.0.2.0/33', '192.0.2.1', false],
  ['nonsense', '192.0.2.1', false],
])('%s holds %s: %s', (network, address, expected) => {
  expect(containsAddress(network, address)).toBe(expected);
});
