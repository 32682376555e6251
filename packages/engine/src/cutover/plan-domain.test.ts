import type { DomainConfig, Observation } from '@mxodus/model';
import { expect, test } from 'vitest';
import { planDomain } from './plan-domain.ts';

const NS1 = { name: 'ns1', address: '192.0.2.1', port: 53 };
const NS2 = { name: 'ns2', address: '192.0.2.2', port: 53 };
const AT = '2026-12-05T20:00:00Z';

function answer(server: typeof NS1, host: string, over: Partial<Extract<Observation, { kind: 'answer' }>> = {}) {
  const mx = { ttl: 3600, records: [{ host, preference: 10 }] };
  return { kind: 'answer', at: AT, server, authoritative: true, serial: 1, mx, ...over } as const;
}

function absent(server: typeof NS1) {
  return { kind: 'absent', at: AT, server, authoritative: true, serial: 1, negativeTtl: 900 } as const;
}

const config: DomainConfig = {
  mx: { to: 'new', records: [{ host: 'MX1.New.Example.', preference: 10 }] },
  dns: { provider: 'manual', zone: 'Example.com.' },
};

function plan(observations: readonly Observation[], over: { domain?: string; config?: DomainConfig } = {}) {
  return planDomain({ domain: 'example.com', config, authoritative: [NS1, NS2], observations, ...over });
}

test('takes what every server serves, and restores its TTL at the end', () => {
  expect(plan([answer(NS1, 'old.example'), answer(NS2, 'OLD.example')])).toEqual({
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
  const { warnings } = plan([answer(NS1, 'mx1.new.example'), answer(NS2, 'mx1.new.example')]);
  expect(warnings).toEqual(['example.com: the MX is 10 mx1.new.example already; the cutover will not touch it']);
});

test.each([
  ['servers that disagree', [answer(NS1, 'old.example'), answer(NS2, 'other.example')], 'DNS_ANSWER'],
  [
    'TTLs that differ',
    [answer(NS1, 'old.example'), answer(NS2, 'old.example', { mx: { ttl: 60, records: [] } })],
    'DNS_ANSWER',
  ],
  [
    'a server that is silent',
    [answer(NS1, 'a.b'), { kind: 'error', at: AT, server: NS2, why: 'timeout' }],
    'DNS_UNREACHABLE',
  ],
  ['an answer without authority', [answer(NS1, 'old.example', { authoritative: false })], 'DNS_ANSWER'],
  ['no server at all', [], 'DNS_UNREACHABLE'],
] satisfies [string, Observation[], string][])('refuses %s', (_case, observations, code) => {
  expect(() => plan(observations)).toThrow(expect.objectContaining({ code }));
});

test.each([
  ['no records', { ...config, mx: { to: 'new' } }],
  ['an address as MX', { ...config, mx: { to: 'new', records: [{ host: '192.0.2.9', preference: 1 }] } }],
  ['a zone the domain is not in', { ...config, dns: { provider: 'manual', zone: 'ample.com' } }],
] satisfies [string, DomainConfig][])('refuses a config with %s', (_case, wrong) => {
  expect(() => plan([answer(NS1, 'old.example')], { config: wrong })).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID' }),
  );
});
