import type { CutoverPlan } from '@mxodus/engine';
import {
  configSchema,
  type DnsLookup,
  type DomainPlan,
  type LookupResult,
  MxodusError,
  type OldHost,
  type RcptAnswer,
  type SmtpClient,
} from '@mxodus/model';
import { describe, expect, test } from 'vitest';
import { gatherHosts } from './gather-hosts.ts';
import { gatherMailAuth } from './gather-mail-auth.ts';
import { gatherRecipients } from './gather-recipients.ts';
import { gatherRouting } from './gather-routing.ts';

const { signal } = new AbortController();
const ABSENT: LookupResult = { kind: 'absent', negativeTtl: 60 };
const ACCEPTED: RcptAnswer = { kind: 'accepted', code: 250, text: '250 ok' };
const REFUSED: RcptAnswer = { kind: 'refused', code: 550, text: '550 no' };
const LATER: RcptAnswer = { kind: 'later', code: 451, text: '451 later' };
const UNASKED: RcptAnswer = { kind: 'unasked', why: 'closed' };

/** DNS from a table of "name type", with what was asked. */
function dns(table: Record<string, string[]>): DnsLookup & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    lookUp: async (name, type) => {
      asked.push(`${name} ${type}`);
      const records = table[`${name} ${type}`];
      return records === undefined ? ABSENT : { kind: 'answer', ttl: 60, records, secure: false };
    },
  };
}

/** Hosts by address. */
function smtp(rules: Record<string, (recipient: string) => RcptAnswer>): SmtpClient & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    greet: async () => ({ kind: 'unreachable', blocked: false, why: 'closed' }),
    send: async () => ({ kind: 'unreachable', why: 'closed' }),
    recipients: async ({ address }, recipients) => {
      asked.push(...recipients.map((recipient) => `${address} ${recipient}`));
      return new Map(recipients.map((recipient) => [recipient, rules[address]?.(recipient) ?? UNASKED]));
    },
  };
}

function planOf(domains: readonly Partial<DomainPlan>[], settings: object = { probe: {} }): CutoverPlan {
  const mx = (...hosts: string[]) => ({ ttl: 60, records: hosts.map((host) => ({ host, preference: 10 })) });
  return {
    sha256: 'abc',
    domains: domains.map((over) => ({
      ...{ domain: 'example.com', zone: 'example.com', provider: 'rfc2136' as const, authoritative: [] },
      ...{ before: mx('old.test'), after: mx('a.test', 'b.test'), ...over },
    })),
    settings: configSchema.shape.cutover.parse(settings),
  };
}

const isControl = (recipient: string): boolean => recipient.startsWith('no-one-');

describe('recipients', () => {
  const lookup = dns({ 'a.test A': ['192.0.2.1', '192.0.2.2'], 'b.test AAAA': ['2001:db8::1'] });
  const ask = async (
    rules: Record<string, (recipient: string) => RcptAnswer>,
    given = ['ann@Example.com', 'bob@example.com', 'x@other.test'],
  ) => {
    const client = smtp(rules);
    const facts = await gatherRecipients(planOf([{}]), { lookup, smtp: client, recipients: async () => given }, signal);
    return { facts, asked: client.asked };
  };
  const takes = (answer: RcptAnswer) => (recipient: string) => (isControl(recipient) ? REFUSED : answer);

  test('every host is asked for the addresses of the domain, and for one that nobody has', async () => {
    const { facts, asked } = await ask({ '192.0.2.1': takes(ACCEPTED), '2001:db8::1': takes(ACCEPTED) });
    expect(facts).toMatchObject({
      answers: [
        { address: 'ann@Example.com', answer: ACCEPTED },
        { address: 'bob@example.com', answer: ACCEPTED },
      ],
      controls: [
        { domain: 'example.com', host: 'a.test', answer: REFUSED },
        { domain: 'example.com', host: 'b.test', answer: REFUSED },
      ],
      unreachable: [],
    });
    // Not the second address of a host whose first one answered.
    expect(asked.map((text) => text.replace(/no-one-[0-9a-f]{16}/, 'CONTROL')).toSorted()).toEqual([
      '192.0.2.1 CONTROL@example.com',
      '192.0.2.1 ann@Example.com',
      '192.0.2.1 bob@example.com',
      '2001:db8::1 CONTROL@example.com',
      '2001:db8::1 ann@Example.com',
      '2001:db8::1 bob@example.com',
    ]);
  });

  test.each<[string, Record<string, RcptAnswer>, RcptAnswer, string]>([
    ['one host refuses', { '192.0.2.1': ACCEPTED, '2001:db8::1': REFUSED }, REFUSED, 'b.test'],
    ['one host is away', { '2001:db8::1': ACCEPTED }, ACCEPTED, 'b.test'],
    [
      'its second address answers',
      { '192.0.2.1': LATER, '192.0.2.2': REFUSED, '2001:db8::1': ACCEPTED },
      REFUSED,
      'a.test',
    ],
    ['later at both', { '192.0.2.1': LATER, '192.0.2.2': UNASKED, '2001:db8::1': LATER }, LATER, 'a.test'],
    ['nobody answers', {}, UNASKED, 'a.test'],
  ])('%s', async (_, answers, expected, host) => {
    const rules = Object.fromEntries(Object.entries(answers).map(([address, answer]) => [address, takes(answer)]));
    const { facts } = await ask(rules, ['ann@example.com']);
    expect(facts?.answers).toEqual([{ address: 'ann@example.com', host, answer: expected }]);
  });

  test('hosts without an address, a domain that stays, and no probe', async () => {
    const ports = { lookup: dns({}), smtp: smtp({}), recipients: async () => ['ann@example.com'] };
    expect(await gatherRecipients(planOf([{}]), ports, signal)).toEqual({
      answers: [],
      controls: [],
      unreachable: [{ domain: 'example.com', why: 'a.test has no address; b.test has no address' }],
    });
    const { before } = planOf([{}]).domains[0] ?? {};
    const stays = planOf([{ ...(before === undefined ? {} : { after: before }) }]);
    expect(await gatherRecipients(stays, ports, signal)).toEqual({ answers: [], controls: [], unreachable: [] });
    expect(await gatherRecipients(planOf([{}], {}), ports, signal)).toBeNull();
  });
});

test('hosts: alias, addresses, TLSA, PTR and its way back, block lists', async () => {
  const lookup = dns({
    'a.test A': ['192.0.2.1'],
    'a.test AAAA': ['2001:db8::1'],
    'b.test CNAME': ['c.test'],
    '_25._tcp.a.test TLSA': ['3 1 1 ab'],
    '192.0.2.1 PTR': ['other.test', 'a.test'],
    '1.2.0.192.bl.test A': ['127.0.0.2'],
  });
  const plan = planOf([{}], { probe: { dnsbl: ['bl.test'] } });
  const facts = await gatherHosts(plan, { lookup, smtp: smtp({}), largestMessage: () => 99 }, signal);
  expect(facts).toMatchObject([
    {
      ...{ host: 'a.test', domains: ['example.com'], largestMessage: 99, alias: ABSENT },
      tlsa: { records: ['3 1 1 ab'] },
      addresses: [
        {
          address: '192.0.2.1',
          forward: { records: ['192.0.2.1'] },
          listed: [{ list: 'bl.test', result: { records: ['127.0.0.2'] } }],
        },
        { address: '2001:db8::1', ptr: ABSENT, forward: { kind: 'absent' }, listed: [{ result: ABSENT }] },
      ],
    },
    { host: 'b.test', alias: { records: ['c.test'] }, addresses: [] },
  ]);
  expect(lookup.asked).toContain(`1.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.bl.test A`);
});

describe('mail authentication', () => {
  const noPolicy = async () => ({ kind: 'none' as const });

  test('reads what is published, and what the planned records hang on', async () => {
    const lookup = dns({
      'example.com TXT': ['v=spf1 a include:one.test -all', 'x'],
      'example.com AAAA': ['2001:db8::5'],
      'one.test TXT': ['v=spf1 include:two.test mx:three.test -all'],
      'new.test TXT': ['v=spf1 -all'],
      'old.test A': ['198.51.100.1'],
      'a.test A': ['192.0.2.1'],
      '_mta-sts.example.com TXT': ['v=STSv1; id=1'],
      'mta-sts.example.com A': ['198.51.100.1'],
      's1._domainkey.example.com TXT': ['v=DKIM1; p=x'],
    });
    const fetched: string[] = [];
    const ports = {
      lookup,
      dkimSelectors: () => ['s1', 's2'],
      mtaSts: async (domain: string) => {
        fetched.push(domain);
        return { kind: 'policy' as const, text: 'version: STSv1' };
      },
    };
    const empty = { ttl: 60, records: [] };
    const planned = { ttl: 60, records: ['v=spf1 include:new.test -all'] };
    const others = [
      { name: 'example.com', type: 'TXT' as const, when: 'stage' as const, before: empty, after: planned, why: '' },
    ];
    const [facts] = await gatherMailAuth(planOf([{ others }]), ports, signal);
    expect(Object.keys(facts?.spfIncludes ?? {}).toSorted()).toEqual([
      ...['a:example.com', 'mx:three.test', 'new.test', 'one.test', 'two.test'],
    ]);
    expect(facts).toMatchObject({
      domain: 'example.com',
      spfIncludes: { 'a:example.com': { records: ['2001:db8::5'] }, 'two.test': ABSENT },
      dkim: { s1: { records: ['v=DKIM1; p=x'] }, s2: ABSENT },
      mtaSts: { policy: { text: 'version: STSv1' }, addresses: ['198.51.100.1'] },
      address: { records: ['2001:db8::5'] },
      oldAddresses: ['198.51.100.1'],
      newAddresses: { 'a.test': ['192.0.2.1'], 'b.test': [] },
    });
    expect(fetched).toEqual(['example.com']);
    expect(lookup.asked.some((text) => /^no-one-[0-9a-f]{12}\.example\.com MX$/.test(text))).toBe(true);
  });

  test('records that include without end are given up, and no policy is asked for that nobody names', async () => {
    const endless: DnsLookup = {
      lookUp: async (name, type) =>
        type === 'TXT' && !name.startsWith('_')
          ? { kind: 'answer', ttl: 60, records: [`v=spf1 include:a.${name} include:b.${name} -all`], secure: false }
          : ABSENT,
    };
    const ports = { lookup: endless, dkimSelectors: () => [], mtaSts: () => Promise.reject(new Error('asked')) };
    const [facts] = await gatherMailAuth(planOf([{}]), ports, signal);
    expect(Object.keys(facts?.spfIncludes ?? {})).toHaveLength(40);
    const quiet = await gatherMailAuth(planOf([{}]), { ...ports, lookup: dns({}), mtaSts: noPolicy }, signal);
    expect(quiet[0]?.mtaSts).toEqual({ txt: ABSENT, policy: { kind: 'none' }, addresses: [] });
  });
});

test('routing: what the old host says, or why it does not', async () => {
  const oldHost: OldHost = {
    name: 'cpanel',
    route: async () => undefined,
    routing: async (domain) => {
      if (domain === 'example.com') return { set: 'auto', effective: 'local' };
      throw new MxodusError('OLD_HOST_REFUSED', { what: 'cPanel refuses', why: 'HTTP 403', advice: '' });
    },
  };
  const plan = planOf([{}, { domain: 'sub.example.com' }]);
  expect(await gatherRouting(plan, { oldHost }, signal)).toEqual([
    { domain: 'example.com', state: { kind: 'known', set: 'auto', effective: 'local' } },
    { domain: 'sub.example.com', state: { kind: 'unknown', why: 'cPanel refuses: HTTP 403' } },
  ]);
  expect(await gatherRouting(plan, { oldHost: null }, signal)).toBeNull();
});
