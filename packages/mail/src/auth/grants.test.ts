import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey, generateKeyPairSync, verify, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTempDir, startTokenServer, type TempDir, type TokenServer } from '@mxodus/lab';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { appGrant, refreshGrant, serviceAccountGrant } from './grants.ts';

let server: TokenServer;
let temp: TempDir;
let certificate: string;
let key: string;

beforeAll(async () => {
  temp = await makeTempDir();
  const [certFile, keyFile] = [join(temp.path, 'cert.pem'), join(temp.path, 'key.pem')];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=app', '-days', '2'];
  execFileSync('/usr/bin/openssl', [...request, '-keyout', keyFile, '-out', certFile], { stdio: 'ignore' });
  [certificate, key] = [await readFile(certFile, 'utf8'), await readFile(keyFile, 'utf8')];
});
afterAll(() => temp.remove());
beforeEach(async () => {
  server = await startTokenServer({ userOf: () => 'ann', rotate: true });
  return () => server.stop();
});

const constant = (text: string) => async () => text;

/** Header and claims of a JWT whose signature is right. */
function verified(jwt: string | undefined, publicKey: ReturnType<typeof createPublicKey>) {
  const [header = '', claims = '', signature = ''] = (jwt ?? '').split('.');
  const signed = Buffer.from(`${header}.${claims}`);
  expect(verify('RSA-SHA256', signed, publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
  const parse = (part: string): Record<string, unknown> => JSON.parse(Buffer.from(part, 'base64url').toString());
  return { header: parse(header), claims: parse(claims) };
}

describe('refreshGrant', () => {
  it('sends what RFC 6749 asks for, and the newest refresh token after that', async () => {
    const grant = refreshGrant({
      tokenUrl: server.tokenUrl,
      clientId: 'client',
      clientSecret: constant('client-secret'),
      refreshToken: constant('first'),
      scope: 'a b',
    });
    expect((await grant()).token).toMatch(/^access-1-/);
    await grant();
    const form = { grant_type: 'refresh_token', client_id: 'client', client_secret: 'client-secret', scope: 'a b' };
    expect(server.requests).toEqual([
      { ...form, refresh_token: 'first' },
      { ...form, refresh_token: 'refresh-1-ann' },
    ]);
  });

  it('sends no client secret and no scope where there is none', async () => {
    await refreshGrant({ tokenUrl: server.tokenUrl, clientId: 'client', refreshToken: constant('r') })();
    expect(server.requests).toEqual([{ grant_type: 'refresh_token', client_id: 'client', refresh_token: 'r' }]);
  });
});

describe('appGrant', () => {
  const options = () => ({ authority: `${server.origin}/`, tenant: 'the tenant', clientId: 'client' });

  it('with a secret asks for the client credentials grant', async () => {
    await appGrant({ ...options(), credential: { secret: constant('app-secret') } })();
    expect(server.requests).toEqual([
      {
        grant_type: 'client_credentials',
        client_id: 'client',
        client_secret: 'app-secret',
        scope: 'https://outlook.office365.com/.default',
      },
    ]);
  });

  it('with a certificate signs an assertion that names it', async () => {
    const credential = { certificate: constant(certificate), key: constant(key) };
    await appGrant({ ...options(), credential })();
    const [form] = server.requests;
    expect(form?.client_assertion_type).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    const { header, claims } = verified(form?.client_assertion, createPublicKey(certificate));
    const digest = createHash('sha256').update(new X509Certificate(certificate).raw).digest('base64url');
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT', 'x5t#S256': digest });
    expect(claims).toMatchObject({
      iss: 'client',
      sub: 'client',
      aud: `${server.origin}/the%20tenant/oauth2/v2.0/token`,
      jti: expect.any(String),
    });
    expect(Number(claims.exp) - Date.now() / 1000).toBeGreaterThan(500);
  });

  it.each([
    ['key', 'no key at all', () => certificate],
    ['certificate', () => key, 'no certificate'],
  ])('says which file is wrong (%s)', async (what, keyText, certificateText) => {
    const text = (of: string | (() => string)): string => (typeof of === 'string' ? of : of());
    const credential = { certificate: constant(text(certificateText)), key: constant(text(keyText)) };
    await expect(appGrant({ ...options(), credential })()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      what: expect.stringContaining(what),
    });
  });

  it('takes no key that is not RSA', async () => {
    const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    });
    const credential = { certificate: constant(certificate), key: constant(String(elliptic)) };
    await expect(appGrant({ ...options(), credential })()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('serviceAccountGrant', () => {
  const keyFile = (changes: object = {}) =>
    JSON.stringify({
      client_email: 'mover@project.example',
      private_key: key,
      private_key_id: 'key-7',
      token_uri: server.tokenUrl,
      ...changes,
    });

  it('signs for the user of the mailbox', async () => {
    await serviceAccountGrant({ keyFile: constant(keyFile()), user: 'ann@example.test' })();
    const [form] = server.requests;
    expect(form?.grant_type).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    const { header, claims } = verified(form?.assertion, createPublicKey(key));
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'key-7' });
    expect(claims).toMatchObject({
      iss: 'mover@project.example',
      sub: 'ann@example.test',
      aud: server.tokenUrl,
      scope: 'https://mail.google.com/',
    });
  });

  it.each([
    ['is no JSON', () => 'secret-text'],
    ['has no key', () => keyFile({ private_key: undefined })],
    ['would send the assertion in clear', () => keyFile({ token_uri: 'http://oauth2.example/token' })],
  ])('refuses a file that %s, and quotes nothing of it', async (_, text) => {
    const grant = serviceAccountGrant({ keyFile: async () => text(), user: 'ann' });
    const error: unknown = await grant().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(String(Reflect.get(Object(error), 'stack'))).not.toMatch(/secret-text|PRIVATE KEY/);
  });
});
