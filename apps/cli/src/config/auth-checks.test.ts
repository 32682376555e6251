import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MxodusError } from '@mxodus/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configProblems } from './config-error.ts';
import { loadConfig } from './load-config.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'mxodus-config-'));
});
afterEach(() => rm(dir, { recursive: true }));

/** What is wrong with this `auth` of the source; `password` is the one mailbox's there. */
async function problems(auth: string, password = ''): Promise<string[]> {
  const file = join(dir, 'mxodus.yaml');
  await writeFile(
    file,
    `version: 1
project: acme
servers:
  old: { kind: imap, host: mail.old.example, auth: { ${auth} } }
  new: { kind: imap, host: imap.new.example, auth: { method: master, user: admin, password: { env: M } } }
mailboxes:
  - { address: ann@example.com, source: old${password} }
assign:
  - { match: "*", to: new }
`,
  );
  try {
    await loadConfig(file);
    return [];
  } catch (error) {
    if (!(error instanceof MxodusError)) throw error;
    return configProblems(error).map(({ code, what, why }) => `${code} ${what}; ${why}`);
  }
}

const OWN = ', password: { env: A }';
const REFRESH = 'token_url: https://oauth2.example/token, client_id: id';

describe('a way to sign in for all mailboxes', () => {
  it.each([
    'method: plain, user: admin, password: { env: P }',
    'method: master, user: admin, password: { env: P }',
    'method: xoauth2, token: { command: [get-token, now] }',
    `method: xoauth2, refresh: { ${REFRESH}, client_secret: { env: S }, refresh_token: { file: r }, scope: a b }`,
    'method: xoauth2, refresh: { token_url: "http://127.0.0.1:8080/token", client_id: id, refresh_token: { env: R } }',
    'method: xoauth2, app: { tenant: t, client_id: c, credential: { secret: { env: S } } }',
    'method: xoauth2, app: { tenant: t, client_id: c, credential: { certificate: c.pem, key: { file: k.pem } } }',
    'method: xoauth2, app: { tenant: t, client_id: c, authority: "http://localhost:1/", credential: { secret: { env: S } } }',
    'method: xoauth2, service_account: { key_file: { file: key.json } }',
  ])('%s', async (auth) => {
    expect(await problems(auth)).toEqual([]);
  });
});

describe('a secret of each mailbox', () => {
  it.each(['method: login', 'method: plain', `method: xoauth2, refresh: { ${REFRESH} }`])('%s', async (auth) => {
    expect(await problems(auth, OWN)).toEqual([]);
    expect(await problems(auth)).toEqual([
      expect.stringMatching(
        /^CONFIG_INVALID ann@example.com has no password for its source.*own (password|refresh token)/,
      ),
    ]);
  });
});

describe('what goes wrong', () => {
  it.each([
    ['no way to get a token', 'method: xoauth2', 'exactly one of `token`'],
    [
      'two ways',
      'method: xoauth2, token: { env: T }, service_account: { key_file: { file: k } }',
      'exactly one of `token`',
    ],
    ['an admin without a password', 'method: plain, user: admin', 'together, or neither'],
    [
      'a token endpoint in clear',
      'method: xoauth2, refresh: { token_url: "http://oauth2.example/token", client_id: id }',
      'expected an https address',
    ],
    [
      'a host that only begins like loopback',
      'method: xoauth2, refresh: { token_url: "http://127.0.0.1.evil.example/token", client_id: id }',
      'expected an https address',
    ],
    [
      'a token endpoint with a password in it',
      'method: xoauth2, refresh: { token_url: "https://me:abc@oauth2.example/token", client_id: id }',
      'expected an https address',
    ],
    [
      'an authority in clear',
      'method: xoauth2, app: { tenant: t, client_id: c, authority: "http://login.example", credential: { secret: { env: S } } }',
      'expected an https address',
    ],
    [
      'a literal secret',
      'method: xoauth2, refresh: { token_url: "https://x.example", client_id: id, refresh_token: abc }',
      'literal secret',
    ],
  ])('%s', async (_, auth, told) => {
    const found = await problems(auth, OWN);
    expect(found).toEqual([expect.stringContaining(told)]);
    expect(found.join()).not.toContain('abc');
  });
});
