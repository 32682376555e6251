import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '@mxodus/model';
import { expect, test } from 'vitest';
import { probeRecipients } from './probe-recipients.ts';

const dns = { provider: 'manual', zone: 'example.com' };
const mx = { to: 'new', records: [{ host: 'mx.new.example', preference: 10 }] };
const mailbox = { address: 'Ann@Example.com', source: { server: 'old', user: 'ann', password: null } };
const moved = [
  { ...mailbox, destination: { server: 'new', user: 'ann', address: 'ann@mail.example.com', password: null } },
];

async function recipients(list: string, more: unknown[] = []) {
  const baseDir = await mkdtemp(join(tmpdir(), 'mx-rcpt-'));
  await writeFile(join(baseDir, 'list.txt'), list);
  const config = configSchema.parse({
    version: 1,
    project: 'acme',
    servers: { old: { kind: 'imap', host: 'h' }, new: { kind: 'imap', host: 'h' } },
    mailboxes: [{ address: 'ann@example.com', source: 'old' }],
    assign: [{ match: '*', to: 'new' }],
    domains: { 'example.com': { mx, dns }, 'mail.example.com': { mx, dns } },
    cutover: { probe: { recipients: [{ file: 'list.txt' }, ...more] } },
  });
  return probeRecipients({ config, baseDir }, moved);
}

test.each([
  ['one address a line', '# aliases\nsales@example.com\n\ninfo@example.com\n'],
  ['a column of a CSV', 'name;address\nSales;sales@example.com\nInfo;info@example.com\n'],
])('asks for mailboxes, their new addresses and a list: %s', async (_name, list) => {
  expect((await recipients(list)).sort()).toEqual([
    'ann@example.com',
    'ann@mail.example.com',
    'info@example.com',
    'sales@example.com',
  ]);
});

test('asks nobody about domains that are not switched, and for each address once', async () => {
  expect(await recipients('eve@elsewhere.example\nANN@example.com\n', ['ann@example.com'])).toEqual([
    'ann@example.com',
    'ann@mail.example.com',
  ]);
});

test('a line that is no address is an error that names the file', async () => {
  await expect(recipients('ann@example.com\nnonsense\n')).rejects.toMatchObject({
    code: 'CSV_INVALID',
    where: 'list.txt',
  });
});
