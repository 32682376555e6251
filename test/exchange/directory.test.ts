import type { Exchange365 } from '@mxodus/lab';
import { describe, expect, it } from 'vitest';
import { simulatorStarts } from './simulator-starts.ts';

const ANN = 'ann@example.com';
const DOMAIN_WRITE = ['Domain.ReadWrite.All'];

const starts = simulatorStarts([ANN]);

let m365: Exchange365;
const start = async (...options: Parameters<typeof starts>): Promise<void> => {
  m365 = await starts(...options);
};

async function get(path: string, method = 'GET', body?: object) {
  const response = await fetch(`${m365.graphUrl}/v1.0${path}`, {
    method,
    headers: { authorization: `Bearer ${m365.token()}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? null : JSON.parse(text) };
}

const refusal = async (...request: Parameters<typeof get>): Promise<[number, string]> => {
  const { status, body } = await get(...request);
  return [status, body.error.code];
};

describe('people', () => {
  it('are found by any address, with what $select names', async () => {
    await start({ users: [{ address: ANN, aliases: ['a.smith@example.com'], displayName: 'Ann' }] });
    const select = '$select=mail,userPrincipalName,proxyAddresses,accountEnabled,assignedPlans,usageLocation';
    const { body } = await get(`/users/A.Smith@example.com?${select}`);
    expect(body).toMatchObject({
      id: m365.world.userOf(ANN)?.id,
      proxyAddresses: [`SMTP:${ANN}`, 'smtp:a.smith@example.com'],
      assignedPlans: [{ service: 'exchange', capabilityStatus: 'Enabled' }],
    });
    expect(body).not.toHaveProperty('displayName');
    expect((await get(`/users/${ANN}`)).body).toMatchObject({ displayName: 'Ann' });
    expect((await get(`/users/${ANN}`)).body).not.toHaveProperty('proxyAddresses');
    expect(await refusal(`/users/${ANN}?$select=shoeSize`)).toEqual([400, 'BadRequest']);
    expect(await refusal('/users/nobody@example.com')).toEqual([404, 'Request_ResourceNotFound']);
  });

  it('are listed page by page', async () => {
    await start({ users: ['a', 'b', 'c'].map((name) => `${name}@example.com`) });
    const first = await get('/users?$top=2&$select=mail');
    expect(first.body.value).toHaveLength(2);
    const next: string = first.body['@odata.nextLink'];
    expect(next).toMatch(`${m365.graphUrl}/v1.0/`);
    const { body } = await get(next.slice(`${m365.graphUrl}/v1.0`.length));
    expect(body.value).toMatchObject([{ mail: 'c@example.com' }]);
    expect(body).not.toHaveProperty('@odata.nextLink');
  });

  it.each([
    ['a person with a licence', {}, ['EXCHANGE_S_STANDARD'], 'user', 200],
    ['a person without', { licensed: false }, [], null, 404],
    ['a shared mailbox, which needs none', { userPurpose: 'shared' }, [], 'shared', 200],
  ] as const)('licences and mailbox of %s', async (_, user, plans, purpose, status) => {
    await start({ users: [{ address: ANN, ...user }] });
    const { body } = await get(`/users/${ANN}/licenseDetails`);
    const names = body.value.flatMap((row: { servicePlans: { servicePlanName: string }[] }) =>
      row.servicePlans.map(({ servicePlanName }) => servicePlanName),
    );
    expect(names).toEqual(plans);
    const settings = await get(`/users/${ANN}/mailboxSettings?$select=userPurpose`);
    expect(settings.status).toBe(status);
    expect(settings.body.userPurpose ?? null).toBe(purpose);
    expect((await get(`/users/${ANN}/mailFolders/inbox?$select=id,totalItemCount`)).status).toBe(status);
  });

  it('have a mailbox some time after their licence', async () => {
    await start({ users: [{ address: ANN, restEnabled: new Date(Date.now() + 3_600_000) }] });
    expect(await refusal(`/users/${ANN}/mailFolders/inbox`)).toEqual([404, 'MailboxNotEnabledForRESTAPI']);
    expect((await get(`/users/${ANN}`)).status).toBe(200);
    m365.clock.advance(3601);
    expect((await get(`/users/${ANN}/mailFolders/inbox`)).status).toBe(200);
  });

  it.each(['ErrorInvalidUser', 'ResourceNotFound', 'Request_ResourceNotFound', 'ErrorNonExistentMailbox'] as const)(
    'have no mailbox when they do not exist: %s',
    async (unknownMailboxCode) => {
      await start({ switches: { unknownMailboxCode } });
      expect(await refusal('/users/nobody@example.com/mailFolders')).toEqual([404, unknownMailboxCode]);
    },
  );
});

it('the organization and its licences', async () => {
  await start({ licences: [{ skuPartNumber: 'SPB', enabled: 5, consumed: 4 }] });
  const { body } = await get('/organization?$select=id,verifiedDomains');
  expect(body.value).toMatchObject([
    { id: m365.tenant, verifiedDomains: [{ name: 'example.com', isDefault: true }, { isInitial: true }] },
  ]);
  const { body: skus } = await get('/subscribedSkus');
  expect(skus.value).toMatchObject([{ skuPartNumber: 'SPB', consumedUnits: 4, prepaidUnits: { enabled: 5 } }]);
});

describe('domains', () => {
  it('are verified once the proof is in their DNS', async () => {
    const published: string[] = [];
    await start({ roles: DOMAIN_WRITE, lookUpTxt: async () => published });
    expect(await get('/domains', 'POST', { id: 'new.example' })).toMatchObject({
      status: 201,
      body: { isVerified: false },
    });
    const { body } = await get('/domains/new.example/verificationDnsRecords');
    const [txt, mx] = body.value;
    expect(txt).toMatchObject({ recordType: 'Txt', label: 'new.example', text: expect.stringMatching(/^MS=ms\d{8}$/) });
    expect(mx).toMatchObject({ recordType: 'Mx', preference: 32_767 });
    expect(await refusal('/domains/new.example/verify', 'POST')).toEqual([400, 'Request_BadRequest']);
    published.push(txt.text);
    expect(await get('/domains/new.example/verify', 'POST')).toMatchObject({ status: 200, body: { isVerified: true } });
    expect((await get('/domains/new.example')).body).toMatchObject({
      supportedServices: expect.arrayContaining(['Email']),
    });
    expect(await refusal('/domains/absent.example')).toEqual([404, 'Request_ResourceNotFound']);
  });

  it.each([400, 409] as const)('that another tenant holds cannot be added: %i', async (domainHeldStatus) => {
    await start({
      roles: DOMAIN_WRITE,
      switches: { domainHeldStatus },
      domains: ['example.com', { name: 'held.example', otherTenant: 'managed' }],
    });
    expect(await refusal('/domains', 'POST', { id: 'Held.example' })).toEqual([domainHeldStatus, 'Request_BadRequest']);
    expect((await get('/domains')).body.value.map(({ id }: { id: string }) => id)).not.toContain('held.example');
  });

  it('of an unmanaged tenant are taken over, when asked to', async () => {
    await start({
      roles: DOMAIN_WRITE,
      domains: ['example.com', { name: 'viral.example', otherTenant: 'unmanaged', published: true }],
    });
    expect((await get('/domains', 'POST', { id: 'viral.example' })).status).toBe(201);
    expect((await get('/domains/viral.example/verify', 'POST')).status).toBe(400);
    expect((await get('/domains/viral.example/verify', 'POST', { forceTakeover: true })).status).toBe(200);
  });

  it.each([
    [false, 'microsoft.graph.'],
    [true, '#microsoft.graph.'],
  ])('name their records, types with a hash: %s', async (typesWithHash, prefix) => {
    await start({ switches: { typesWithHash } });
    const records = async () => (await get('/domains/example.com/serviceConfigurationRecords')).body.value;
    const email = (await records()).filter((row: { supportedService: string }) => row.supportedService === 'Email');
    expect(email).toMatchObject([
      {
        '@odata.type': `${prefix}domainDnsMxRecord`,
        mailExchange: 'example-com.mail.protection.outlook.com',
        preference: 0,
      },
      { '@odata.type': `${prefix}domainDnsTxtRecord`, text: 'v=spf1 include:spf.protection.outlook.com -all' },
      { '@odata.type': `${prefix}domainDnsCnameRecord`, label: 'autodiscover.example.com' },
    ]);
    expect(await records()).toHaveLength(5);
    m365.switches.serviceRecordsUnavailable = true;
    expect(await records()).toMatchObject([
      { '@odata.type': `${prefix}domainDnsUnavailableRecord`, description: expect.any(String) },
    ]);
  });

  it('have no records before they are verified: an empty list, or 404', async () => {
    await start({ domains: ['example.com', { name: 'new.example', verified: false }] });
    const records = () => get('/domains/new.example/serviceConfigurationRecords');
    expect(await records()).toMatchObject({ status: 200, body: { value: [] } });
    m365.switches.unverifiedServiceRecords = 'not-found';
    expect((await records()).status).toBe(404);
  });
});

describe('the usage report', () => {
  const report = async (period = 'D7'): Promise<string[][]> => {
    const response = await fetch(`${m365.graphUrl}/v1.0/reports/getMailboxUsageDetail(period='${period}')`, {
      headers: { authorization: `Bearer ${m365.token()}` },
      redirect: 'manual',
    });
    expect(response.status).toBe(302);
    const text = Buffer.from(await (await fetch(response.headers.get('location') ?? '')).arrayBuffer()).toString();
    expect(text.startsWith('\uFEFFReport Refresh Date,User Principal Name,')).toBe(true);
    const lines = text.trim().split('\r\n');
    return lines.map((line) => line.split(','));
  };

  it('tells the quota of each mailbox there was two days ago', async () => {
    const later = new Date(Date.now() - 3_600_000);
    await start({
      users: [
        { address: ANN, quotaBytes: 50_000 },
        { address: 'late@example.com', restEnabled: later },
      ],
    });
    const [header = [], ann = [], ...more] = await report();
    const row = Object.fromEntries(header.map((name, i) => [name, ann[i]]));
    expect(row).toMatchObject({
      'User Principal Name': ANN,
      'Storage Used (Byte)': '0',
      'Prohibit Send/Receive Quota (Byte)': '50000',
      'Report Period': '7',
    });
    expect(more).toEqual([]);
    m365.switches.reportLagHours = 0;
    expect(await report()).toHaveLength(3);
  });

  it('hides the people where the tenant wants it so', async () => {
    await start({ switches: { reportConceals: true } });
    expect((await report())[1]?.[1]).toMatch(/^[0-9A-F]{32}$/);
  });

  it('is given as long as its address lasts, to whoever has no Authorization, and for some periods only', async () => {
    await start();
    expect(await refusal("/reports/getMailboxUsageDetail(period='D8')")).toEqual([400, 'BadRequest']);
    const started = await fetch(`${m365.graphUrl}/v1.0/reports/getMailboxUsageDetail(period='D30')`, {
      headers: { authorization: `Bearer ${m365.token()}` },
      redirect: 'manual',
    });
    const address = started.headers.get('location') ?? '';
    const authorization = `Bearer ${m365.token()}`;
    expect((await fetch(address, { headers: { authorization } })).status).toBe(401);
    expect((await fetch(address)).status).toBe(200);
    m365.clock.advance(301);
    expect((await fetch(address)).status).toBe(403);
  });
});
