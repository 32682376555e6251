import type { AdvisedRecord, DomainConfig, Observation, OtherRecordConfig, Rrset, RrsetName } from '@mxodus/model';
import { expect, test } from 'vitest';
import { rrsetKey } from './change-groups.ts';
import { planDomain } from './plan-domain.ts';
import { rrsetsToObserve } from './plan-records.ts';

const NS1 = { name: 'ns1', address: '192.0.2.1', port: 53 };
const NS2 = { name: 'ns2', address: '192.0.2.2', port: 53 };
const AT = '2026-12-05T20:00:00Z';
const MX = { name: 'example.com', type: 'MX' } as const;

function answer(server: typeof NS1, record: string, over: Partial<Extract<Observation, { kind: 'answer' }>> = {}) {
  const rrset = { ttl: 3600, records: [record] };
  return { kind: 'answer', at: AT, server, authoritative: true, serial: 1, rrset, ...over } as const;
}

function absent(server: typeof NS1) {
  return { kind: 'absent', at: AT, server, authoritative: true, serial: 1, negativeTtl: 900 } as const;
}

const config: DomainConfig = {
  mx: { to: 'new', records: [{ host: 'MX1.New.Example.', preference: 10 }] },
  records: [],
  advised: 'say',
  dkim: [],
  dns: { provider: 'manual', zone: 'Example.com.', emit: ['zone'] },
};

function plan(observations: readonly Observation[], over: { domain?: string; config?: DomainConfig } = {}) {
  const { domain = 'example.com' } = over;
  const seen = new Map([[rrsetKey({ ...MX, name: domain }), observations]]);
  return planDomain({ domain, config, authoritative: [NS1, NS2], observations: seen, ...over });
}

test('takes what every server serves, and restores its TTL at the end', () => {
  expect(plan([answer(NS1, '10 old.example'), answer(NS2, '10 old.example')])).toEqual({
    plan: {
      domain: 'example.com',
      zone: 'example.com',
      provider: 'manual',
      authoritative: [NS1, NS2],
      before: { ttl: 3600, records: [{ host: 'old.example', preference: 10 }] },
      after: { ttl: 3600, records: [{ host: 'mx1.new.example', preference: 10 }] },
    },
    warnings: [],
  });
});

test('a name without an MX gets one, and the plan says so', () => {
  const { plan: made, warnings } = plan([absent(NS1), absent(NS2)], { domain: 'mail.example.com' });
  expect(made.before).toEqual({ ttl: 900, records: [] });
  expect(made.after.ttl).toBe(3600);
  expect(warnings).toEqual(['mail.example.com: has no MX yet; it will be created with TTL 3600']);
});

test('a domain that is there already is a warning', () => {
  const { warnings } = plan([answer(NS1, '10 mx1.new.example'), answer(NS2, '10 mx1.new.example')]);
  expect(warnings).toEqual(['example.com: the MX is 10 mx1.new.example already; the cutover will not touch it']);
});

test.each([
  ['servers that disagree', [answer(NS1, '10 old.example'), answer(NS2, '10 other.example')], 'DNS_ANSWER'],
  [
    'TTLs that differ',
    [answer(NS1, '10 old.example'), answer(NS2, '', { rrset: { ttl: 60, records: ['10 old.example'] } })],
    'DNS_ANSWER',
  ],
  [
    'a server that is silent',
    [answer(NS1, '10 a.b'), { kind: 'error', at: AT, server: NS2, why: 'timeout' }],
    'DNS_UNREACHABLE',
  ],
  ['an answer without authority', [answer(NS1, '10 old.example', { authoritative: false })], 'DNS_ANSWER'],
  ['no server at all', [], 'DNS_UNREACHABLE'],
] satisfies [string, Observation[], string][])('refuses %s', (_case, observations, code) => {
  expect(() => plan(observations)).toThrow(expect.objectContaining({ code }));
});

const record = (over: Partial<OtherRecordConfig>): OtherRecordConfig => ({
  ...{ name: '@', type: 'TXT', values: ['x'], ttl: 3600, when: 'stage' },
  ...over,
});

test.each([
  ['no records', { ...config, mx: { to: 'new' } }],
  ['an address as MX', { ...config, mx: { to: 'new', records: [{ host: '192.0.2.9', preference: 1 }] } }],
  ['a zone the domain is not in', { ...config, dns: { provider: 'manual', zone: 'ample.com', emit: [] } }],
  ['a record outside the zone', { ...config, records: [record({ name: 'www.other.example.' })] }],
  [
    'an RRset that changes at two times',
    { ...config, records: [record({ values: ['a'] }), record({ values: ['b'], when: 'switch' })] },
  ],
] satisfies [string, DomainConfig][])('refuses a config with %s', (_case, wrong) => {
  expect(() => planned(wrong, {})).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
});

/** Plans with zones that serve these RRsets, all others being absent. */
function planned(rules: DomainConfig, zone: Record<string, Rrset>, advised?: readonly AdvisedRecord[]) {
  const source = { domain: 'example.com', config: rules, ...(advised === undefined ? {} : { advised }) };
  const served: Record<string, Rrset> = { 'example.com MX': { ttl: 3600, records: ['10 old.example'] }, ...zone };
  const observe = (rrset: RrsetName): [string, Observation[]] => {
    const live = served[rrsetKey(rrset)];
    return [
      rrsetKey(rrset),
      [NS1, NS2].map((server) => (live === undefined ? absent(server) : answer(server, '', { rrset: live }))),
    ];
  };
  const observations = new Map(rrsetsToObserve(source).map(observe));
  return planDomain({ ...source, authoritative: [NS1, NS2], observations });
}

const APEX = 'example.com TXT';
const texts = { ttl: 1800, records: ['v=spf1 mx -all', 'verification=1'] };

test.each([
  [
    'a TXT replaces the string with the same tag, and leaves the others and the TTL',
    record({ values: ['v=spf1 ip4:192.0.2.1 -all'] }),
    { [APEX]: texts },
    {
      name: 'example.com',
      type: 'TXT',
      before: texts,
      after: { ttl: 1800, records: ['v=spf1 ip4:192.0.2.1 -all', 'verification=1'] },
    },
  ],
  [
    'a TXT without a tag comes beside the others',
    record({ values: ['verification=2'] }),
    { [APEX]: texts },
    { after: { ttl: 1800, records: ['v=spf1 mx -all', 'verification=1', 'verification=2'] } },
  ],
  [
    'a TXT that is not there is made with its own TTL',
    record({ name: '_mta-sts', values: ['v=STSv1; id=2'], ttl: 300 }),
    {},
    {
      name: '_mta-sts.example.com',
      before: { ttl: 900, records: [] },
      after: { ttl: 300, records: ['v=STSv1; id=2'] },
    },
  ],
  [
    'other types are replaced as a whole',
    record({ name: '_imaps._tcp', type: 'SRV', values: ['0 1 993 IMAP.new.example.'], when: 'switch' }),
    { '_imaps._tcp.example.com SRV': { ttl: 60, records: ['0 1 993 old.example', '5 1 993 older.example'] } },
    { when: 'switch', after: { ttl: 60, records: ['0 1 993 imap.new.example'] } },
  ],
  [
    'no values: removed',
    record({ name: 'autodiscover', type: 'A', values: [], when: 'switch' }),
    { 'autodiscover.example.com A': { ttl: 60, records: ['192.0.2.1'] } },
    { after: { ttl: 60, records: [] } },
  ],
] satisfies [string, OtherRecordConfig, Record<string, Rrset>, object][])('%s', (_rule, wanted, zone, other) => {
  expect(planned({ ...config, records: [wanted] }, zone).plan.others).toEqual([expect.objectContaining(other)]);
});

test('what is there already is no change', () => {
  const same = record({ values: ['verification=1'] });
  expect(planned({ ...config, records: [same] }, { [APEX]: texts }).plan.others).toBeUndefined();
});

const ADVISED: readonly AdvisedRecord[] = [
  { type: 'TXT', name: 'example.com', value: 'v=spf1 include:spf.new.example ~all', ttl: 3600, optional: false },
  { type: 'CNAME', name: 'autodiscover.example.com', value: 'autodiscover.new.example', ttl: 3600, optional: false },
  { type: 'CNAME', name: 'sip.example.com', value: 'sip.new.example', ttl: 3600, optional: true },
];

test('what the new mail system asks for is only said, unless the config says to make it', () => {
  const said = planned(config, { [APEX]: texts }, ADVISED).plan;
  expect([said.others, said.advised]).toEqual([undefined, ADVISED]);
});

test('made: its SPF is merged into the one there is and staged, its autodiscover alias comes with the switch', () => {
  const address = { 'autodiscover.example.com A': { ttl: 60, records: ['192.0.2.1'] } };
  const { plan: made, warnings } = planned({ ...config, advised: 'make' }, { [APEX]: texts, ...address }, ADVISED);
  expect(made.others?.map(({ name, type, when, after }) => [`${name} ${type}`, when, ...after.records])).toEqual([
    ['example.com TXT', 'stage', 'v=spf1 mx include:spf.new.example -all', 'verification=1'],
    ['autodiscover.example.com CNAME', 'switch', 'autodiscover.new.example'],
    ['autodiscover.example.com A', 'switch'],
  ]);
  expect(made.advised?.map(({ name }) => name)).toEqual(['sip.example.com']);
  expect(warnings).toEqual([expect.stringContaining('autodiscover.example.com: its A is removed')]);
});
