import { configSchema, type Plan } from '@mxodus/model';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { planOf } from '../views/sample-plan.ts';
import { simConfig } from './sim-config.ts';
import { zoneData, zonesOf } from './sim-zones.ts';
import { deliveriesOf, worldOf } from './world-of.ts';

/** Ann goes to m365 and keeps her address, Bob goes to the IMAP host and gets one of mail.example.com. */
const base = planOf(['Ann@example.com', 'bob@example.com'], 9);
const SPLIT: Plan = {
  ...base,
  mailboxes: base.mailboxes.map((mailbox) =>
    mailbox.address.startsWith('Ann')
      ? { ...mailbox, destination: { server: 'm365', user: 'ann', address: 'Ann@example.com' } }
      : { ...mailbox, destination: { server: 'new', user: 'bob', address: 'bob@mail.example.com' } },
  ),
  domains: [
    {
      ...{ domain: 'mail.example.com', zone: 'example.com', provider: 'cloudflare', authoritative: [] },
      before: { ttl: 3600, records: [] },
      after: { ttl: 3600, records: [{ host: 'mx.new.example', preference: 10 }] },
    },
    {
      ...{ domain: 'example.com', zone: 'example.com', provider: 'cloudflare', authoritative: [] },
      before: { ttl: 3600, records: [{ host: 'mx.example.com', preference: 10 }] },
      after: { ttl: 3600, records: [{ host: 'example-com.mail.protection.outlook.com', preference: 0 }] },
      others: [
        {
          ...{ name: 'example.com', type: 'TXT', when: 'stage', why: 'the config' },
          before: { ttl: 300, records: ['v=spf1 mx -all', 'say "hi"'] },
          after: { ttl: 300, records: ['v=spf1 include:new -all', 'say "hi"'] },
        },
        {
          ...{ name: 'mx.new.example', type: 'A', when: 'stage', why: 'the config' },
          before: { ttl: 300, records: ['192.0.2.1'] },
          after: { ttl: 300, records: ['192.0.2.2'] },
        },
      ],
    },
  ],
};
const world = worldOf(SPLIT, 10);

it('plays every MX host at an address of its own, with the mailboxes mail for it ends in', () => {
  expect(world.hosts.map(({ host, old, new: later }) => [host, old, later])).toEqual([
    ['mx.new.example', [], ['mail.example.com']],
    ['mx.example.com', ['example.com'], []],
    ['example-com.mail.protection.outlook.com', [], ['example.com']],
  ]);
  expect(new Set(world.hosts.map(({ address }) => address)).size).toBe(3);
  expect(world.hosts.map((host) => Object.fromEntries(deliveriesOf(host, world.mailboxes)))).toEqual([
    { 'bob@mail.example.com': { server: 'new', user: 'u4' } },
    { 'ann@example.com': { server: 'old', user: 'u1' }, 'bob@example.com': { server: 'old', user: 'u3' } },
    { 'ann@example.com': { server: 'm365', user: 'u2' }, 'bob@example.com': { server: 'new', user: 'u4' } },
  ]);
});

it('serves the records of before, and says what it cannot play', () => {
  expect(zonesOf(world)).toEqual([
    {
      zone: 'example.com',
      records: [
        { name: 'mx.example.com.', type: 'A', ttl: 2, data: '127.0.0.11' },
        { name: 'example.com.', type: 'MX', ttl: 8, data: '10 mx.example.com.' },
        { name: 'example.com.', type: 'TXT', ttl: 8, data: '"v=spf1 mx -all"' },
        { name: 'example.com.', type: 'TXT', ttl: 8, data: '"say \\034hi\\034"' },
      ],
    },
    { zone: 'mx.new.example', records: [{ name: 'mx.new.example.', type: 'A', ttl: 2, data: '127.0.0.10' }] },
    {
      zone: 'example-com.mail.protection.outlook.com',
      records: [{ name: 'example-com.mail.protection.outlook.com.', type: 'A', ttl: 2, data: '127.0.0.12' }],
    },
  ]);
  expect(world.notes).toEqual(['the change of mx.new.example A: here that host has an address of the lab']);
  expect(zoneData('TXT', 'x'.repeat(300))).toBe(`"${'x'.repeat(255)}" "${'x'.repeat(45)}"`);
});

it('keeps two servers apart where one is both old and new, and leaves mailboxes out above the limit', () => {
  const inPlace = {
    ...base,
    mailboxes: base.mailboxes.map((one) => ({ ...one, destination: { ...one.destination, server: 'old' } })),
  };
  const { servers, leftOut } = worldOf(inPlace, 1);
  expect([servers, leftOut]).toEqual([
    [
      { name: 'old', role: 'old' },
      { name: 'old-new', role: 'new' },
    ],
    1,
  ]);
});

it('makes a config that mxodus takes', () => {
  const text = simConfig(world, {
    imap: new Map([
      ['old', 1143],
      ['new', 1144],
      ['m365', 1145],
    ]),
    master: 'admin',
    smtpPort: 2525,
    primary: '127.0.0.1:5301',
    authoritative: ['127.0.0.1:5301', '127.0.0.1:5302'],
    resolver: '127.0.0.1:5303',
    tsig: { name: 'mxodus', algorithm: 'hmac-sha256', secretFile: 'tsig.key' },
  });
  const config = configSchema.parse(parse(text));
  expect(config.domains['example.com']?.records).toMatchObject([
    { name: '@', type: 'TXT', values: ['v=spf1 include:new -all'], when: 'stage' },
  ]);
  expect(config.assign).toEqual([
    { match: 'ann@example.com', to: 'm365' },
    { match: 'bob@example.com', to: 'new', address: 'bob@mail.example.com' },
  ]);
});
