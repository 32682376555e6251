import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type LabDns, makeTempDir, startDns, type TempDir } from '@mxodus/lab';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventsOf } from './events.ts';
import { type ExchangeWorld, type ExchangeWorldOptions, startExchangeWorld } from './exchange-world.ts';

/** Each mistake of an admin: which step is missing, and the exit code; nothing is written. */

let folder: TempDir;
let world: ExchangeWorld | undefined;
beforeAll(async () => {
  folder = await makeTempDir();
});
afterAll(() => folder.remove());
afterEach(async () => {
  await world?.stop();
  world = undefined;
});

const start = async (options: Partial<ExchangeWorldOptions>): Promise<ExchangeWorld> => {
  const seed = { messagesPerUser: 4, hostile: false, folders: 2 };
  world = await startExchangeWorld({ users: ['ann'], seed, ...options });
  return world;
};

interface Mistake {
  name: string;
  options?: Partial<ExchangeWorldOptions>;
  /** When all is set up, and before the command. */
  sabotage?: (at: ExchangeWorld) => void;
  exit: number;
  code: string;
  /** In what it says to do, or why. */
  says: RegExp;
}

const user = (more: object) => ({ users: [{ address: 'ann@example.test', ...more }] });
const answers = (body: object) => (at: ExchangeWorld) => {
  const before = { status: 200, body: { id: 'x', internetMessageId: '<x@x>', isRead: true, ...body } };
  at.exchange.faults.add({ method: 'GET', path: /\/messages\/[^/?]+\?/, before });
};

const MISTAKES: readonly Mistake[] = [
  {
    name: 'a wrong secret',
    options: { credential: '{ secret: { env: OLD_PW } }' },
    exit: 4,
    code: 'AUTH_FAILED',
    says: /new client secret under .*Certificates & secrets.*value/,
  },
  {
    name: 'an expired secret',
    options: { exchange: { app: { secret: 'expired~secret', secretExpires: new Date(Date.now() - 1000) } } },
    exit: 4,
    code: 'AUTH_FAILED',
    says: /has expired.*new client secret/,
  },
  {
    name: 'no consent at all',
    options: { exchange: { roles: [] } },
    exit: 4,
    code: 'PERMISSION_MISSING',
    says: /Mail\.ReadWrite/,
  },
  {
    name: 'a mailbox out of the scope',
    options: { exchange: { rbac: { roles: ['Mail.ReadWrite'], mailboxes: [] } } },
    exit: 4,
    code: 'PERMISSION_MISSING',
    says: /scope/,
  },
  {
    name: 'no licence',
    options: { exchange: user({ licensed: false, restEnabled: false }) },
    exit: 4,
    code: 'MAILBOX_UNLICENSED',
    says: /licen[cs]e/,
  },
  {
    name: 'no such user',
    options: { exchange: { users: ['bob@example.test'] } },
    exit: 4,
    code: 'MAILBOX_MISSING',
    says: /create the user/,
  },
  {
    name: 'a licence of a moment ago',
    options: { exchange: user({ licensed: true, restEnabled: false }) },
    exit: 5,
    code: 'MAILBOX_NOT_READY',
    says: /24 hours/,
  },
  {
    name: 'a test message that comes back as a draft',
    sabotage: answers({ isDraft: true, receivedDateTime: '2019-03-04T05:08:21Z' }),
    exit: 6,
    code: 'TENANT_PROBE_FAILED',
    says: /draft/,
  },
  {
    name: 'a test message that comes back with the date of today',
    sabotage: answers({ isDraft: false, receivedDateTime: new Date().toISOString() }),
    exit: 6,
    code: 'TENANT_PROBE_FAILED',
    says: /date/,
  },
];

const told = (event: Record<string, unknown> | undefined): string => `${event?.what} | ${event?.why} | ${event?.do}`;

it.each(MISTAKES)('$name: $code, exit $exit', async ({ options = {}, sabotage, exit, code, says }) => {
  const at = await start(options);
  sabotage?.(at);
  const done = await at.run('plan', '--json');
  const errors = eventsOf(done, 'error');
  expect([done.code, ...errors.map((error) => error.code)]).toEqual([exit, code]);
  expect(told(errors[0])).toMatch(says);
  await expect(readFile(at.plan)).rejects.toThrow();
  const stored = [...at.exchange.world.mailboxes.values()].flatMap((store) => [...store.items()]);
  expect(stored).toEqual([]);
});

it.each([
  ['the secret', { app: { secret: 'short~lived', secretExpires: new Date(Date.now() + 3_600_000) } }, 'AUTH_FAILED'],
  ['the licence', {}, 'PERMISSION_DENIED'],
] as const)('%s is lost between plan and sync: a clear error, and exit 4', async (what, exchange, code) => {
  const at = await start({ exchange });
  expect(await at.run('plan')).toMatchObject({ code: 0 });
  const ann = at.exchange.world.userOf('ann@example.test');
  if (what === 'the licence' && ann !== undefined) ann.restEnabledFrom = null;
  else at.exchange.clock.advance(7200);
  const done = await at.run('sync', at.plan, '--json');
  expect([done.code, ...eventsOf(done, 'error').map((error) => error.code)]).toEqual([4, code]);
});

describe('the certificate of the app', () => {
  const made = async (days: string, name: string) => {
    const at = join(folder.path, name);
    await mkdir(at, { recursive: true });
    const [key, request, certificate] = [join(at, 'app.key'), join(at, 'app.csr'), join(at, 'app.crt')];
    const openssl = (args: readonly string[]) => promisify(execFile)('openssl', args);
    await openssl([
      'req',
      '-new',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=app',
      '-keyout',
      key,
      '-out',
      request,
    ]);
    await openssl(['x509', '-req', '-in', request, '-signkey', key, '-days', days, '-out', certificate]);
    return {
      text: await readFile(certificate, 'utf8'),
      credential: `{ certificate: ${certificate}, key: { file: ${key} } }`,
    };
  };

  it('opens the tenant; expired it does not, and the error says so', async () => {
    const { text, credential } = await made('30', 'good');
    const at = await start({ credential, exchange: { app: { certificate: text } } });
    expect(await at.run('plan')).toMatchObject({ code: 0 });
    expect(await at.run('sync', at.plan)).toMatchObject({ code: 0 });
    expect(at.differences()).toEqual([]);
    await at.stop();
    const old = await made('-1', 'expired');
    const then = await start({ credential: old.credential, exchange: { app: { certificate: old.text } } });
    const done = await then.run('plan', '--json');
    const [error] = eventsOf(done, 'error');
    expect([done.code, told(error)]).toEqual([4, expect.stringMatching(/certificate.*expired on 20\d\d-/)]);
  });

  it('of another app is refused with the step that is missing', async () => {
    const [own, other] = [await made('30', 'own'), await made('30', 'other')];
    const at = await start({ credential: other.credential, exchange: { app: { certificate: own.text } } });
    const done = await at.run('plan', '--json');
    const [error] = eventsOf(done, 'error');
    expect([done.code, error?.code, told(error)]).toEqual([
      4,
      'AUTH_FAILED',
      expect.stringMatching(/upload the certificate/),
    ]);
  });
});

describe('the domain', () => {
  let dns: LabDns;
  beforeAll(async () => {
    const records = [{ name: '@', type: 'MX', data: '10 mx.old.test.' }];
    dns = await startDns({ dir: join(folder.path, 'dns'), zone: 'example.test', records });
  });
  afterAll(() => dns?.stop());

  it.each([
    ['is not verified', { verified: false }, 'DOMAIN_NOT_VERIFIED', /publish example\.test TXT "MS=ms/],
    ['is not in the tenant', { added: false, verified: false }, 'DOMAIN_NOT_VERIFIED', /add/i],
    ['is held by another tenant', { otherTenant: 'managed' }, 'DOMAIN_ELSEWHERE', /admin|remove/],
    ['is held by an unmanaged tenant', { otherTenant: 'unmanaged' }, 'DOMAIN_ELSEWHERE', /take/i],
  ] as const)('%s: %s', async (_, domain, code, says) => {
    const authoritative = dns.authoritative.map((one) => `"${one}"`).join(', ');
    const at = await start({
      exchange: { domains: [{ name: 'example.test', ...domain }] },
      config: `domains:\n  example.test:\n    mx: { to: m365 }\n    dns: { provider: manual, zone: example.test, authoritative: [${authoritative}] }`,
    });
    const done = await at.run('plan', '--json');
    const [error] = eventsOf(done, 'error');
    expect([done.code, error?.code, told(error)]).toEqual([4, code, expect.stringMatching(says)]);
  });
});
