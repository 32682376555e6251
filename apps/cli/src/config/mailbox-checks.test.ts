import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '@mxodus/model';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from './load-config.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mxodus-config-'));
});
afterEach(() => rm(dir, { recursive: true }));

async function load(limits: { old?: string; new?: string }) {
  const file = join(dir, 'mxodus.yaml');
  const server = (text: string | undefined): string => (text === undefined ? '' : `, limits: ${text}`);
  await writeFile(
    file,
    `version: 1
project: acme
servers:
  old: { kind: imap, host: mail.old.example${server(limits.old)} }
  new: { kind: imap, host: imap.new.example${server(limits.new)} }
mailboxes:
  - { address: ann@example.com, source: old, password: { env: A }, destination: { password: { env: B } } }
assign:
  - { match: "*", to: new }
`,
  );
  return loadConfig(file);
}

test.each(['{ connections: 1 }', '{ connections: 8, connections_per_mailbox: 1 }'])(
  'a destination that is allowed one connection is refused: %s',
  async (limits) => {
    const refused = load({ new: limits });
    await expect(refused).rejects.toMatchObject({ code: 'CONFIG_INVALID', exitCode: EXIT.usage });
    await expect(refused).rejects.toThrow('server "new" is allowed fewer than two connections');
  },
);

test('two connections are enough for a destination, and one for a source', async () => {
  const { config } = await load({ old: '{ connections: 1 }', new: '{ connections: 2, connections_per_mailbox: 2 }' });
  expect(Object.keys(config.servers)).toEqual(['old', 'new']);
});
