import type { Gate, RcptAnswer } from '@mxodus/model';
import { describe, expect, test } from 'vitest';
import type { HostFacts, RecipientFacts, RoutingFacts } from '../facts.ts';
import { NO_PROGRESS } from '../progress.ts';
import {
  ABSENT,
  ACCEPTED,
  address,
  answer,
  BLOCKED,
  CLOSED,
  domainPlan,
  FAILED,
  type Given,
  greeted,
  host,
  inputs,
  LATER,
  mailAuth,
  mx,
  NOW,
  REFUSED,
  UNASKED,
} from './facts.test.support.ts';
import { hostsGate } from './hosts.ts';
import { mailAuthGate } from './mail-auth.ts';
import { mxShapeGate } from './mx-shape.ts';
import { oldRoutingGate } from './old-routing.ts';
import { recipientsGate } from './recipients.ts';

/** What is given, the status, and something the text must say: of `why`, or of both with the fix. */
type Row = [string, Given, Gate['status'], string | RegExp];

function check(gate: (given: ReturnType<typeof inputs>) => Gate, [, given, status, says]: Row): void {
  const found = gate(inputs(given));
  const text = `${found.why} | ${found.fix}`;
  expect({ status: found.status, text }).toEqual({
    status,
    text: says instanceof RegExp ? expect.stringMatching(says) : expect.stringContaining(says),
  });
  expect(found.fix === '').toBe(found.status === 'green');
}

test.each([
  [recipientsGate, 'unknown'],
  [hostsGate, 'unknown'],
  [mailAuthGate, 'unknown'],
  [oldRoutingGate, 'unknown'],
  [mxShapeGate, 'unknown'],
] as const)('%o without facts is never green', (gate, status) => {
  expect(gate(inputs({ facts: null })).status).toBe(status);
});

describe('G3 recipients', () => {
  const asked = (kinds: readonly RcptAnswer[], control: RcptAnswer = REFUSED): Given => {
    const answers = kinds.map((one, index) => ({
      address: `u${index}@example.com`,
      host: 'new.host.org',
      answer: one,
    }));
    const controls = [{ domain: 'example.com', host: 'new.host.org', answer: control }];
    return { facts: { recipients: { answers, controls, unreachable: [] } } };
  };
  const none: RecipientFacts = { answers: [], controls: [], unreachable: [] };
  test.each<Row>([
    ['all taken, the control refused', asked([ACCEPTED, ACCEPTED]), 'green', 'all 2 addresses are taken'],
    [
      'some refused',
      asked([ACCEPTED, REFUSED, REFUSED, REFUSED, REFUSED]),
      'red',
      '4 of 5 addresses refused: u1@example.com, u2@example.com, u3@example.com, 1 more: new.host.org says "550 5.1.1 no such user"',
    ],
    ['one refused by a host that takes anything', asked([REFUSED], ACCEPTED), 'red', 'prove nothing'],
    ['takes anything', asked([ACCEPTED], ACCEPTED), 'unknown', 'new.host.org takes any address of example.com'],
    [
      'greylisted',
      asked([ACCEPTED, LATER]),
      'unknown',
      '1 of 2 addresses without an answer that counts: u1@example.com',
    ],
    ['hung up', asked([UNASKED]), 'unknown', 'it closed the connection'],
    ['the control without an answer', asked([ACCEPTED], LATER), 'unknown', 'that nobody has: "451'],
    ['no address known', { facts: { recipients: none } }, 'unknown', 'cutover.probe.recipients'],
    [
      'no host to ask',
      {
        facts: {
          recipients: { ...none, unreachable: [{ domain: 'example.com', why: 'new.host.org has no address' }] },
        },
      },
      'unknown',
      'new.host.org has no address',
    ],
    ['the probe is not set', { facts: { recipients: null } }, 'amber', 'were not asked'],
    [
      'port 25 blocked',
      { facts: { ...asked([UNASKED]).facts, hosts: [host({}, BLOCKED)] } },
      'unknown',
      'port 25 seem to be blocked here',
    ],
    [
      'nothing moves',
      { domains: [domainPlan({ after: mx('10 old.host.net') })], facts: { recipients: none } },
      'green',
      'no domain',
    ],
  ])('%s', (...row) => check(recipientsGate, row));
});

describe('G4 new hosts', () => {
  const hosts = (...list: HostFacts[]): Given => ({ facts: { hosts: list } });
  const second = (greeting = greeted()) => host({ host: 'two.host.org', addresses: [address('192.0.2.2', greeting)] });
  const certificate = (over: object): Given => {
    const { tls } = { tls: null, ...greeted() };
    if (tls === null || typeof tls === 'string') throw new Error('no certificate');
    return hosts(host({}, greeted({ tls: { ...tls, certificate: { ...tls.certificate, ...over } } })));
  };
  const at = (over: Partial<HostFacts['addresses'][number]>): Given =>
    hosts(host({ addresses: [{ ...address('192.0.2.1', greeted()), ...over }] }));
  const tlsa = (records: string[], greeting = greeted()): Given => hosts(host({ tlsa: answer(...records) }, greeting));
  test.each<Row>([
    ['all well', {}, 'green', 'new.host.org'],
    ['no address', hosts(host({ a: ABSENT, addresses: [] })), 'red', 'new.host.org has no address'],
    ['address not known', hosts(host({ a: FAILED, addresses: [] })), 'unknown', 'SERVFAIL'],
    ['an alias', hosts(host({ alias: answer('real.host.org') })), 'red', 'alias of real.host.org'],
    ['not asked', hosts(), 'unknown', 'new.host.org was not asked'],
    ['closed, and no other', hosts(host({}, CLOSED)), 'red', 'example.com has no other MX host'],
    ['closed, another answers', hosts(host({}, CLOSED), second()), 'amber', 'it refuses the connection'],
    [
      'both closed',
      hosts(host({}, CLOSED), second(CLOSED)),
      'red',
      /new\.host\.org does not answer.*two\.host\.org does not answer/,
    ],
    ['nothing comes back at all', hosts(host({}, BLOCKED), second(BLOCKED)), 'unknown', 'blocked here'],
    ['nothing comes back from one', hosts(host({}, BLOCKED), second(CLOSED)), 'red', 'nothing answers within 30 s'],
    [
      'one of two addresses',
      hosts(host({ addresses: [address('192.0.2.1', greeted()), address('2001:db8::1', BLOCKED)] })),
      'amber',
      'new.host.org (2001:db8::1) does not answer',
    ],
    ['no PTR', at({ ptr: ABSENT }), 'amber', 'has no PTR record'],
    ['PTR elsewhere', at({ forward: answer('192.0.2.9') }), 'amber', 'does not have that address'],
    [
      'listed',
      at({ listed: [{ list: 'bl.test', result: answer('127.0.0.2') }] }),
      'amber',
      'listed by bl.test (127.0.0.2)',
    ],
    ['not listed', at({ listed: [{ list: 'bl.test', result: ABSENT }] }), 'green', ''],
    [
      'the list refuses',
      at({ listed: [{ list: 'bl.test', result: answer('127.255.255.254') }] }),
      'amber',
      'does not say',
    ],
    ['no name in EHLO', hosts(host({}, greeted({ ehlo: 'localhost' }))), 'amber', 'no host name'],
    ['no STARTTLS', hosts(host({}, greeted({ tls: null }))), 'amber', 'no STARTTLS'],
    ['TLS fails', hosts(host({}, greeted({ tls: 'handshake failure' }))), 'amber', 'handshake failure'],
    ['not trusted', certificate({ fault: 'it is self-signed' }), 'amber', 'it is self-signed'],
    ['soon over', certificate({ validTo: NOW + 86_400_000 }), 'amber', 'ends on 2026-12-06'],
    [
      'SIZE too small',
      hosts(host({ largestMessage: 2000 }, greeted({ sizeLimit: 1000 }))),
      'amber',
      '1000 bytes at most',
    ],
    ['SIZE enough', hosts(host({ largestMessage: 2000 }, greeted({ sizeLimit: 2000 }))), 'green', ''],
    ['TLSA of the key', tlsa(['3 1 1 old', '3 1 1 bb']), 'green', ''],
    ['TLSA of the certificate', tlsa(['3 0 1 aa']), 'green', ''],
    ['TLSA of another', tlsa(['3 1 1 cc']), 'red', 'publish "3 1 1 bb" at _25._tcp.new.host.org'],
    ['TLSA of an authority', tlsa(['2 0 1 cc']), 'amber', 'not compared'],
    ['TLSA without TLS', tlsa(['3 1 1 bb'], greeted({ tls: null })), 'red', 'but no TLS'],
    ['TLSA not known', hosts(host({ tlsa: FAILED })), 'amber', 'SERVFAIL'],
    ['TLSA expected', { settings: { probe: { dane: true } } }, 'amber', 'has no TLSA records'],
    ['the probe is not set', { facts: { hosts: null } }, 'amber', 'not looked at'],
  ])('%s', (...row) => check(hostsGate, row));
});

describe('G5 mail authentication', () => {
  const auth = (over: Parameters<typeof mailAuth>[0], domains = [domainPlan()]): Given => ({
    domains,
    facts: { mailAuth: [mailAuth(over)] },
  });
  const many = Array.from({ length: 11 }, (_, index) => `exists:e${index}.test`).join(' ');
  const advised = (value: string) => [{ type: 'TXT' as const, name: 'example.com', value, ttl: 3600, optional: false }];
  const m365 = domainPlan({ advised: advised('v=spf1 include:spf.protection.outlook.com -all') });
  const txt = (name: string, ...records: string[]) => ({
    ...{ name, type: 'TXT' as const, when: 'stage' as const, why: 'the config' },
    ...{ before: { ttl: 60, records: [] }, after: { ttl: 60, records } },
  });
  const sts = (policy: string | null, over: object = {}): Given =>
    auth({
      mtaSts: {
        txt: answer('v=STSv1; id=1'),
        policy: policy === null ? { kind: 'none' } : { kind: 'policy', text: policy },
        addresses: [],
        ...over,
      },
    });
  const policy = (mode: string, ...hosts: string[]) =>
    ['version: STSv1', `mode: ${mode}`, ...hosts.map((name) => `mx: ${name}`), 'max_age: 86400'].join('\r\n');
  const reject = answer('v=DMARC1; p=reject; rua=mailto:a@example.com');
  const key = answer('v=DKIM1; k=rsa; p=MIGf');
  test.each<Row>([
    ['all well', {}, 'green', ''],
    ['eleven look-ups', auth({ txt: answer(`v=spf1 ip4:192.0.2.1 ${many} -all`) }), 'amber', 'needs 11 look-ups'],
    [
      'two records',
      auth({ txt: answer('v=spf1 a -all', 'x', 'v=spf1 ip4:192.0.2.1 ~all') }),
      'amber',
      'replace them by one: v=spf1 a ip4:192.0.2.1 -all',
    ],
    ['no record', auth({ txt: answer('hello') }, [m365]), 'amber', 'include:spf.protection.outlook.com -all'],
    ['SPF not known', auth({ txt: FAILED }), 'amber', 'SERVFAIL'],
    ['anybody', auth({ txt: answer('v=spf1 +all') }), 'amber', '(+all)'],
    [
      'three voids',
      auth({
        txt: answer('v=spf1 ip4:192.0.2.1 a:x.test a:y.test a:z.test -all'),
        spfIncludes: { 'a:x.test': ABSENT, 'a:y.test': ABSENT, 'a:z.test': ABSENT },
      }),
      'amber',
      '3 times for what is not there',
    ],
    ['no SPF term', auth({ txt: answer('v=spf1 ip4:192.0.2.1 foo:bar -all') }), 'amber', '"foo:bar"'],
    ['very long', auth({ txt: answer(`v=spf1 ${'ip4:192.0.2.1 '.repeat(40)}-all`) }), 'amber', 'octets'],
    [
      'an include not known',
      auth({ txt: answer('v=spf1 ip4:192.0.2.1 include:x.test -all'), spfIncludes: { 'x.test': FAILED } }),
      'amber',
      'could not be followed',
    ],
    [
      'the new side is not in it',
      auth({ txt: answer('v=spf1 ip4:203.0.113.0/24 -all') }),
      'amber',
      'make it: v=spf1 ip4:203.0.113.0/24 ip4:192.0.2.1 -all',
    ],
    [
      'the new side by mx',
      auth({ txt: answer('v=spf1 mx -all'), spfIncludes: { 'mx:example.com': answer('10 x.test') } }),
      'green',
      '',
    ],
    [
      'the new side by an include',
      auth({
        txt: answer('v=spf1 include:x.test -all'),
        spfIncludes: { 'x.test': answer('v=spf1 ip4:192.0.2.1 -all') },
      }),
      'green',
      '',
    ],
    [
      'what is advised is missing',
      auth({ txt: answer('v=spf1 ip4:192.0.2.1 -all') }, [m365]),
      'amber',
      'make it: v=spf1 ip4:192.0.2.1 include:spf.protection.outlook.com -all',
    ],
    [
      'what is advised is planned',
      auth({ spfIncludes: { 'spf.protection.outlook.com': answer('v=spf1 ip4:192.0.2.0/24 -all') } }, [
        { ...m365, others: [txt('example.com', 'v=spf1 include:spf.protection.outlook.com -all')] },
      ]),
      'green',
      '',
    ],
    ['a selector', auth({ dkim: { s1: key } }), 'green', ''],
    ['a selector is missing', auth({ dkim: { s1: key, s2: ABSENT } }), 'amber', 'selector s2 is not there'],
    ['a selector was withdrawn', auth({ dkim: { s1: answer('v=DKIM1; p=') } }), 'amber', 'was withdrawn'],
    [
      'a selector is planned',
      auth({ dkim: { s1: ABSENT } }, [
        domainPlan({ others: [{ ...txt('s1._domainkey.example.com', 'x.test'), type: 'CNAME' }] }),
      ]),
      'green',
      '',
    ],
    ['DMARC reject with DKIM', auth({ dmarc: reject, dkim: { s1: key } }), 'green', ''],
    ['DMARC reject without DKIM', auth({ dmarc: reject }), 'amber', 'DMARC says p=reject'],
    [
      'two DMARC records',
      auth({ dmarc: answer('v=DMARC1; p=none', 'v=DMARC1; p=reject') }),
      'amber',
      '2 DMARC records',
    ],
    ['DMARC not known', auth({ dmarc: FAILED }), 'amber', 'SERVFAIL'],
    ['MTA-STS lists both', sts(policy('enforce', 'new.host.org', '*.host.net')), 'amber', 'TLS-RPT'],
    [
      'MTA-STS lacks the new host',
      sts(policy('enforce', 'old.host.net', '*.sub.host.org')),
      'red',
      /does not list new\.host\.org.*only then change the id/,
    ],
    ['a wildcard is one label', sts(policy('enforce', 'old.host.net', '*.org')), 'red', 'new.host.org'],
    ['MTA-STS testing', sts(policy('testing', 'old.host.net')), 'amber', '(testing) does not list new.host.org'],
    ['MTA-STS none', sts('version: STSv1\nmode: none\nmax_age: 60'), 'green', ''],
    [
      'MTA-STS lacks the old host',
      sts(policy('testing', 'new.host.org')),
      'amber',
      'does not list old.host.net of today',
    ],
    ['MTA-STS is no policy', sts('<html>'), 'amber', 'not valid'],
    ['MTA-STS is not there', sts(null), 'amber', 'there is none at its address'],
    ['MTA-STS cannot be read', sts(null, { policy: { kind: 'error', why: 'HTTP 500' } }), 'unknown', 'HTTP 500'],
    ['MTA-STS not known', sts(null, { txt: FAILED }), 'unknown', 'SERVFAIL'],
    [
      'MTA-STS at the old host',
      sts(policy('testing', 'new.host.org', 'old.host.net'), { addresses: ['198.51.100.1'] }),
      'amber',
      'served from 198.51.100.1, the old host',
    ],
    ['a domain that was not asked', { facts: { mailAuth: [] } }, 'unknown', 'not asked'],
  ])('%s', (...row) => check(mailAuthGate, row));
});

describe('G16 MX set', () => {
  const set = (after: string[], over: Parameters<typeof mailAuth>[0] = {}, before = ['10 old.host.net']): Given => ({
    domains: [domainPlan({ before: mx(...before), after: mx(...after) })],
    facts: { mailAuth: [mailAuth(over)] },
  });
  test.each<Row>([
    ['all well', set(['10 new.host.org', '20 two.host.org']), 'green', ''],
    [
      'a host of the own zone',
      set(['10 mx.example.com', '20 mx.de.example.com', '30 mx.mail.example.com']),
      'green',
      '',
    ],
    ['null MX with others', set(['0 .', '10 new.host.org']), 'red', 'null MX beside others'],
    ['null MX', set(['0 .']), 'red', 'no mail at all'],
    ['an address', set(['10 192.0.2.1']), 'red', '192.0.2.1 is an address'],
    ['a missing dot', set(['10 mx.new.net.example.com']), 'red', 'looks as if it should be mx.new.net'],
    ['a missing dot in a country', set(['10 mx.new.de.example.com']), 'red', 'mx.new.de'],
    ['the zone twice', set(['10 mx.example.com.example.com']), 'red', 'should be mx.example.com'],
    [
      'a strange name that is there',
      set(['10 mx.new.net.example.com'], { newAddresses: { 'mx.new.net.example.com': ['192.0.2.1'] } }),
      'amber',
      'looks as if',
    ],
    [
      'the old host as a backup',
      set(['10 new.host.org', '20 old.host.net']),
      'amber',
      '20 old.host.net of the new set is an MX host of today',
    ],
    [
      'the old address as a backup',
      set(['10 new.host.org', '20 two.host.org'], { newAddresses: { 'two.host.org': ['198.51.100.1'] } }),
      'amber',
      'is at 198.51.100.1',
    ],
    ['old and new alike', set(['10 new.host.org', '10 old.host.net']), 'red', 'mail would be split'],
    ['the old one first', set(['10 new.host.org', '5 old.host.net']), 'red', 'comes before the new hosts'],
    [
      'old hosts only',
      set(['10 old.host.net'], {}, ['10 old.host.net', '20 backup.host.net']),
      'red',
      'comes before the new hosts',
    ],
    ['a wildcard', set(['10 new.host.org'], { wildcard: answer('10 old.host.net') }), 'amber', 'stay at the old hosts'],
    [
      'no MX yet',
      set(['10 new.host.org'], { address: answer('203.0.113.7') }, []),
      'amber',
      'mail goes to its address 203.0.113.7',
    ],
    [
      'Exchange with another',
      set(['0 x.mail.protection.outlook.com', '10 new.host.org']),
      'amber',
      'one is Exchange Online',
    ],
    ['Exchange alone', set(['0 x.mail.protection.outlook.com']), 'green', ''],
    ['red without facts', { ...set(['10 192.0.2.1']), facts: { mailAuth: [] } }, 'red', 'is an address'],
  ])('%s', (...row) => check(mxShapeGate, row));
});

describe('G6 old-host routing', () => {
  const pinned = { ...NO_PROGRESS, pinned: new Map([['example.com', { routing: 'local', before: 'auto' }]]) };
  const state = (one: RoutingFacts['state']): Given => ({
    facts: { routing: [{ domain: 'example.com', state: one }] },
  });
  test.each<Row>([
    ['not configured', {}, 'amber', /cPanel.*Plesk.*DirectAdmin/],
    ['local', state({ kind: 'known', set: 'local', effective: 'local' }), 'green', ''],
    ['secondary', state({ kind: 'known', set: 'secondary', effective: null }), 'green', ''],
    ['auto', state({ kind: 'known', set: 'auto', effective: 'local' }), 'amber', 'the run sets it to local'],
    [
      'auto again',
      { ...state({ kind: 'known', set: 'auto', effective: 'local' }), over: { progress: pinned } },
      'amber',
      'somebody set it back',
    ],
    ['remote', state({ kind: 'known', set: 'remote', effective: 'remote' }), 'red', 'refuses mail'],
    ['it does not say', state({ kind: 'unknown', why: 'HTTP 403' }), 'unknown', 'HTTP 403'],
    ['another domain', { facts: { routing: [] } }, 'unknown', 'was not asked'],
  ])('%s', (...row) => check(oldRoutingGate, row));
});
