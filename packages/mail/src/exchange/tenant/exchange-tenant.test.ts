import type { Fact, TenantMailbox } from '@mxodus/model';
import { afterEach, describe, expect, test } from 'vitest';
import { type TenantWorld, tenantWorld } from './tenant-world.test.support.ts';

const ANN = 'ann@contoso.example';
const USERS = [
  { address: ANN, aliases: ['a.b+c@contoso.example'], quotaBytes: 50_000_000_000 },
  { address: 'shared@contoso.example', userPurpose: 'shared' as const, accountEnabled: false },
  { address: 'new@contoso.example', licensed: true, restEnabled: false },
  { address: 'none@contoso.example', licensed: false, restEnabled: false },
];

let world: TenantWorld;
afterEach(async () => {
  const writes = world.writes();
  await world.stop();
  expect(writes).toEqual([]);
});

const value = (fact: Fact<unknown>): unknown => (fact.known ? fact.value : fact.why);

const brief = (mailbox: TenantMailbox): unknown[] => [
  mailbox.answer.kind,
  value(mailbox.exists),
  value(mailbox.enabled),
  value(mailbox.licence),
];

test('a mailbox that can be moved to', async () => {
  world = await tenantWorld({ users: USERS });
  expect(await world.tenant.mailbox(ANN)).toMatchObject({
    user: ANN,
    answer: { kind: 'answers' },
    exists: { known: true, value: true },
    addresses: { known: true, value: [ANN, 'a.b+c@contoso.example'] },
    enabled: { known: true, value: true },
    licence: { known: true, value: 'active' },
    purpose: { known: true, value: 'user' },
    usage: { known: true, value: { limitBytes: 50_000_000_000 } },
    messageLimit: { known: false },
  });
  // By an alias too; the report names the principal only, and is asked for once.
  expect(value((await world.tenant.mailbox('A.B+C@contoso.example')).usage)).toMatchObject({
    limitBytes: 50_000_000_000,
  });
  expect(world.sim.journal.filter(({ path }) => path.includes('getMailboxUsageDetail'))).toHaveLength(1);
});

test.each([
  ['shared@contoso.example', ['answers', true, false, 'none']],
  ['new@contoso.example', ['not-enabled', true, true, 'active']],
  ['none@contoso.example', ['not-enabled', true, true, 'none']],
  ['nobody@contoso.example', ['unknown-user', false, 'the directory has no such user']],
])('%s', async (user, expected) => {
  world = await tenantWorld({ users: USERS });
  expect(brief(await world.tenant.mailbox(user)).slice(0, expected.length)).toEqual(expected);
});

test('what may not be asked is not known, and says which permission it needs', async () => {
  world = await tenantWorld({ users: USERS, roles: ['Mail.ReadWrite'] });
  const { answer, exists, purpose, usage } = await world.tenant.mailbox(ANN);
  expect(answer.kind).toBe('answers');
  expect([exists, purpose, usage].map(value)).toEqual([
    'the app may not ask for it (User.Read.All)',
    'the app may not ask for it (MailboxSettings.Read)',
    'the app may not ask for it (Reports.Read.All)',
  ]);
  expect(value(await world.tenant.licences())).toBe('the app may not ask for it (Organization.Read.All)');
  expect(await world.tenant.domains(['contoso.example'])).toEqual([
    { domain: 'contoso.example', kind: 'unknown', why: 'the app may not ask for it (Domain.Read.All)' },
  ]);
});

test('a mailbox out of the scope of RBAC for Applications is denied', async () => {
  world = await tenantWorld({
    users: USERS,
    rbac: { roles: ['Mail.ReadWrite'], mailboxes: ['shared@contoso.example'] },
  });
  expect((await world.tenant.mailbox(ANN)).answer.kind).toBe('denied');
  expect((await world.tenant.mailbox('shared@contoso.example')).answer.kind).toBe('answers');
  const [mail] = await world.tenant.permissions();
  expect(mail).toMatchObject({ name: 'Mail.ReadWrite', need: 'required', state: 'unproven' });
});

test('a report that hides names tells nothing', async () => {
  world = await tenantWorld({ users: USERS, switches: { reportConceals: true } });
  expect(value((await world.tenant.mailbox(ANN)).usage)).toBe('the tenant hides the names of users in its reports');
});

test('licences count those that make a mailbox', async () => {
  world = await tenantWorld({
    licences: [
      { skuPartNumber: 'EXCHANGESTANDARD', enabled: 10, consumed: 7 },
      {
        skuPartNumber: 'POWER_BI_STANDARD',
        enabled: 99,
        consumed: 0,
        servicePlans: ['EXCHANGE_S_FOUNDATION', 'BI_AZURE_P0'],
      },
      { skuPartNumber: 'OVERDRAWN', enabled: 1, consumed: 3, servicePlans: ['EXCHANGE_S_ENTERPRISE'] },
    ],
  });
  expect(value(await world.tenant.licences())).toEqual([
    { name: 'EXCHANGESTANDARD', seats: 10, free: 3 },
    { name: 'OVERDRAWN', seats: 1, free: 0 },
  ]);
});

describe('domains', () => {
  test.each([true, false])('give the records of a verified one (types with #: %s)', async (typesWithHash) => {
    world = await tenantWorld({ switches: { typesWithHash } });
    expect(await world.tenant.domains(['Contoso.example.'])).toEqual([{ domain: 'contoso.example', kind: 'verified' }]);
    const records = await world.tenant.serviceRecords('contoso.example');
    expect(value(records)).toEqual({
      mx: [{ host: 'contoso-example.mail.protection.outlook.com', preference: 0 }],
      ttl: 3600,
      advised: [
        {
          type: 'TXT',
          name: 'contoso.example',
          value: 'v=spf1 include:spf.protection.outlook.com -all',
          ttl: 3600,
          optional: false,
        },
        {
          type: 'CNAME',
          name: 'autodiscover.contoso.example',
          value: 'autodiscover.outlook.com',
          ttl: 3600,
          optional: true,
        },
      ],
    });
  });

  test.each([
    ['none', { unverifiedServiceRecords: 'empty' as const }],
    ['404', { unverifiedServiceRecords: 'not-found' as const }],
  ])('that are not verified show what to publish, and have no records (%s)', async (_name, switches) => {
    world = await tenantWorld({ domains: [{ name: 'contoso.example', verified: false }], switches });
    const [domain] = await world.tenant.domains(['contoso.example']);
    expect(domain).toMatchObject({
      kind: 'not-verified',
      txt: { name: 'contoso.example', text: expect.stringMatching(/^MS=ms/), ttl: 3600 },
      elsewhere: { known: true, value: null },
    });
    expect((await world.tenant.serviceRecords('contoso.example')).known).toBe(false);
  });

  test('say so while their records are not ready', async () => {
    world = await tenantWorld({ switches: { serviceRecordsUnavailable: true } });
    expect(value(await world.tenant.serviceRecords('contoso.example'))).toBe(
      'The records of this domain are not available yet.',
    );
  });

  test.each([
    [
      'another tenant',
      200,
      { issuer: 'https://sts/0F2A7D52-1111-4222-8333-444455556666/v2.0' },
      '0f2a7d52-1111-4222-8333-444455556666',
    ],
    ['no tenant', 400, { error: 'invalid_tenant' }, null],
    ['what is no answer', 503, null, 'the sign-in service answered 503'],
  ])('that the tenant does not have are held by %s', async (_name, status, body, expected) => {
    world = await tenantWorld();
    world.published.set(`${world.sim.authority}/other.example/v2.0/.well-known/openid-configuration`, { status, body });
    const [domain] = await world.tenant.domains(['other.example']);
    if (domain?.kind !== 'not-added') throw new Error('it is there');
    expect(value(domain.elsewhere)).toBe(expected);
  });
});
