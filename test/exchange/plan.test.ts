import { readFile } from 'node:fs/promises';
import { type LabDns, makeTempDir, openRawConnection, startDns, type TempDir, type UserOptions } from '@mxodus/lab';
import { type Plan, planSchema } from '@mxodus/model';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Finished } from '../journey.ts';
import { type ExchangeWorld, type ExchangeWorldOptions, startExchangeWorld } from './exchange-world.ts';

let world: ExchangeWorld | undefined;
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const SEED = { messagesPerUser: 12, hostile: false, folders: 3 };

async function start(options: Partial<ExchangeWorldOptions> = {}): Promise<ExchangeWorld> {
  world = await startExchangeWorld({ users: ['ann'], seed: SEED, ...options });
  return world;
}

function eventsOf({ stdout }: Finished, type: string): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = stdout
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
  return lines.filter((line) => line.type === type);
}

const planOf = async (from: ExchangeWorld): Promise<Plan> =>
  planSchema.parse(JSON.parse(await readFile(from.plan, 'utf8')));

const people = (of: Record<string, Partial<UserOptions>>): UserOptions[] =>
  Object.entries(of).map(([name, more]) => ({ address: `${name}@example.test`, ...more }));

it('tries one test message, leaves nothing, and foretells how long it takes', async () => {
  const at = await start({ users: ['ann', 'bob'] });
  const done = await at.run('plan');
  expect(done.code).toBe(0);
  expect(done.stdout).toContain(
    'One test message was written to ann@example.test, read back and removed; nothing else',
  );
  expect(done.stdout).toMatch(/The first copy takes \d+ s or more/);
  const { exchange } = at;
  const created = exchange.journal.filter(
    ({ method, path }) => method === 'POST' && /Folders\/[^/]+\/messages$/.test(path),
  );
  expect(created).toHaveLength(1);
  expect([...at.folders('ann')]).toEqual([]);
  const plan = await planOf(at);
  expect(plan.servers.m365).toMatchObject({ kind: 'exchange', tenant: exchange.tenant, writer: 'auto' });
  expect(plan.tenants?.m365?.probes).toEqual([
    { writer: 'graph-json', mailbox: 'ann@example.test', arrival: 'asked-for', faults: [] },
  ]);
  expect(plan.mailboxes.map(({ estimate }) => estimate?.seconds)).toEqual([expect.any(Number), expect.any(Number)]);
  expect(plan.mailboxes[0]?.destination_quota?.limit_bytes).toBeGreaterThan(1e9);
  expect(plan.mailboxes.flatMap(({ warnings }) => warnings)).toEqual([]);
});

it('names for each mailbox that cannot be moved to which step of the admin is missing', async () => {
  const at = await start({
    users: ['ann', 'bob', 'cid', 'dan'],
    exchange: {
      users: people({
        ann: {},
        bob: { licensed: false, restEnabled: false },
        dan: { licensed: true, restEnabled: false },
      }),
      licences: [{ skuPartNumber: 'EXCHANGESTANDARD', enabled: 9, consumed: 2 }],
    },
  });
  for (const command of ['plan', 'check']) {
    const done = await at.run(command, '--json');
    expect(done.code).toBe(4);
    const errors = eventsOf(done, 'error').map(({ code, where, do: advice }) => [
      String(where).split(',')[0],
      code,
      advice,
    ]);
    expect(errors.sort()).toEqual([
      ['bob@example.test', 'MAILBOX_UNLICENSED', expect.stringContaining('free seats: 7 of EXCHANGESTANDARD')],
      ['cid@example.test', 'MAILBOX_MISSING', expect.stringContaining('create the user')],
      ['dan@example.test', 'MAILBOX_NOT_READY', expect.stringContaining('24 hours')],
    ]);
  }
});

it('a mailbox out of the scope of the app, and permissions that are missing, are named', async () => {
  const at = await start({
    users: ['ann', 'bob'],
    exchange: { roles: ['User.Read.All'], rbac: { roles: ['Mail.ReadWrite'], mailboxes: ['ann@example.test'] } },
  });
  const done = await at.run('check', '--json');
  expect(done.code).toBe(4);
  expect(eventsOf(done, 'error').map(({ code, where }) => [code, where])).toEqual([
    ['PERMISSION_MISSING', 'bob@example.test, destination'],
  ]);
  const [tenant] = eventsOf(done, 'tenant_checked');
  expect(tenant).toMatchObject({ ok: true, free_licences: null });
  const shown = await at.run('check');
  expect(shown.stderr).toContain('missing: Domain.Read.All Organization.Read.All Reports.Read.All');
  expect(shown.stderr).toContain(
    'perhaps for some mailboxes only: Mail.ReadWrite Mail-Advanced.ReadWrite.All MailboxSettings.Read',
  );
});

it('moves nothing where messages come back as drafts', async () => {
  const at = await start();
  at.exchange.faults.add({
    method: 'GET',
    path: /\/messages\/[^/?]+\?/,
    before: { status: 200, body: { id: 'x', isDraft: true, receivedDateTime: '2019-03-04T05:08:21Z' } },
  });
  const done = await at.run('plan', '--json');
  expect(done.code).toBe(6);
  expect(eventsOf(done, 'error')).toEqual([expect.objectContaining({ code: 'TENANT_PROBE_FAILED' })]);
  expect(eventsOf(done, 'mailbox_audited')).toEqual([]);
  expect([...at.folders('ann')]).toEqual([]);
  await expect(readFile(at.plan)).rejects.toThrow();
});

it('folders get names that Exchange can have, each its own', async () => {
  const at = await start({ seed: { ...SEED, messagesPerUser: 0, folders: 1 } });
  const connection = await openRawConnection({ host: at.old.host, port: at.old.port });
  await connection.command('LOGIN ann old-secret-7261');
  for (const name of ['Case', 'case', 'Calendar', 'Calendar/below', 'Files']) {
    await connection.command(`CREATE "${name}"`);
  }
  connection.close();
  const done = await at.run('plan');
  expect(done.code).toBe(0);
  const [mailbox] = (await planOf(at)).mailboxes;
  const names = Object.fromEntries((mailbox?.folders ?? []).map(({ source, destination }) => [source, destination]));
  expect(names).toMatchObject({
    Case: 'Case',
    case: 'case (2)',
    Calendar: 'Calendar_2',
    'Calendar/below': 'Calendar_2/below',
    Files: 'Files_2',
  });
  expect((await at.run('sync', at.plan)).code).toBe(0);
  expect([...at.folders('ann').keys()]).toEqual(expect.arrayContaining(['Case', 'case (2)', 'Calendar_2/below']));
});

describe('the MX of a domain', () => {
  let folder: TempDir;
  let dns: LabDns;
  beforeAll(async () => {
    folder = await makeTempDir();
    const records = [{ name: '@', type: 'MX', data: '10 mx.old.test.' }];
    dns = await startDns({ dir: folder.path, zone: 'example.test', records });
  });
  afterAll(async () => {
    await dns?.stop();
    await folder?.remove();
  });

  const startWithDomain = (exchange: ExchangeWorldOptions['exchange'] = {}): Promise<ExchangeWorld> =>
    start({
      exchange,
      config: `domains:
  example.test:
    mx: { to: m365 }
    dns: { provider: manual, zone: example.test, authoritative: ["${dns.authoritative.join('", "')}"] }`,
    });

  it('is what the tenant says, with what else it asks for', async () => {
    const at = await startWithDomain();
    const done = await at.run('plan');
    expect(done).toMatchObject({ code: 0 });
    const [domain] = (await planOf(at)).domains;
    expect(domain?.after.records).toEqual([{ host: 'example-test.mail.protection.outlook.com', preference: 0 }]);
    expect(domain?.advised?.map(({ type, name }) => `${type} ${name}`)).toEqual([
      'TXT example.test',
      'CNAME autodiscover.example.test',
    ]);
    expect(done.stdout).toContain('to be set by you, which the new mail system asks for as well:');
    expect(done.stdout).toContain('v=spf1 include:spf.protection.outlook.com -all');
  });

  it('is not known before the domain is verified; what to publish is', async () => {
    const at = await startWithDomain({ domains: [{ name: 'example.test', verified: false }] });
    const done = await at.run('plan', '--json');
    expect(done.code).toBe(4);
    expect(eventsOf(done, 'error')).toEqual([
      expect.objectContaining({
        code: 'DOMAIN_NOT_VERIFIED',
        do: expect.stringMatching(/^publish example\.test TXT "MS=ms/),
      }),
    ]);
  });
});
