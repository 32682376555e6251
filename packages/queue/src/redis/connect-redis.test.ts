import { readFile } from 'node:fs/promises';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { createCertificates, freePort, type RedisServer, startRedis, until, withTempDir } from '@mxodus/lab';
import { MxodusError } from '@mxodus/model';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectRedis } from './connect-redis.ts';
import { lookAtRedis } from './look-at-redis.ts';

const trusted = getCACertificates('default');

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

/** The error, which names neither the password nor the address. */
async function refusal(url: string): Promise<MxodusError> {
  const error = await connectRedis(url).then(
    ({ close }) => close(),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof MxodusError)) throw new Error('it did not throw a MxodusError', { cause: error });
  const { password } = new URL(url);
  const shown = JSON.stringify([error.what, error.why, error.advice, error.stack, error.cause ?? null]);
  expect(shown).not.toContain('127.0.0.1');
  if (password !== '') expect(shown).not.toContain(password);
  return error;
}

it('connects, has nothing to complain about, and connects again by itself', async () => {
  const troubles: MxodusError[] = [];
  const { redis, warnings, close } = await connectRedis(server.url, {
    onTrouble: (error) => void troubles.push(error),
  });
  try {
    expect(warnings).toEqual([]);
    await redis.set('kept', 'yes');
    await server.restart();
    expect(await redis.get('kept')).toBe('yes');
    expect(troubles.every(({ code }) => code === 'QUEUE_UNREACHABLE')).toBe(true);
  } finally {
    close();
  }
});

it('says that nothing listens, that the password is wrong, or that it is no Redis at all', async () => {
  const gone = server.url.replace(String(server.port), '1');
  expect(await refusal(gone)).toMatchObject({ code: 'QUEUE_UNREACHABLE', why: 'nothing listens at its port' });
  const wrong = server.url.replace(server.password, 'hunter2hunter2');
  expect(await refusal(wrong)).toMatchObject({ code: 'QUEUE_REFUSED', why: expect.stringContaining('WRONGPASS') });
  const none = server.url.replace(`:${server.password}@`, '');
  expect(await refusal(none)).toMatchObject({ code: 'QUEUE_REFUSED', why: expect.stringContaining('NOAUTH') });
  expect(await refusal('http://127.0.0.1/')).toMatchObject({ code: 'QUEUE_REFUSED' });
  const beyond = server.url.replace(/0$/, '99');
  expect(await refusal(beyond)).toMatchObject({ code: 'QUEUE_REFUSED', why: 'it has no database of this number' });
});

it('has TLS where it is asked for, and no other certificate than a trusted one', async () => {
  await withTempDir(async (dir) => {
    const { caFile, server: pairs } = await createCertificates(dir);
    const port = await freePort(['127.0.0.1']);
    const { certFile, keyFile } = pairs.valid;
    const conf = [`tls-port ${port}`, `tls-cert-file ${certFile}`, `tls-key-file ${keyFile}`, 'tls-auth-clients no'];
    const secured = await startRedis({ conf: [...conf, `tls-ca-cert-file ${caFile}`] });
    try {
      const url = secured.url.replace('redis:', 'rediss:').replace(String(secured.port), String(port));
      expect(await refusal(url)).toMatchObject({ code: 'QUEUE_REFUSED', what: expect.stringContaining('not trusted') });
      const version = expect.stringMatching(/^\d+\.\d+/);
      expect(await lookAtRedis(secured.url)).toEqual({ version, tls: false, warnings: [] });
      setDefaultCACertificates([...trusted, await readFile(caFile, 'utf8')]);
      expect(await lookAtRedis(url)).toEqual({ version, tls: true, warnings: [] });
    } finally {
      setDefaultCACertificates(trusted);
      await secured.stop();
    }
  });
});

it('refuses a server that may drop keys, and warns of one that keeps nothing', async () => {
  await server.ask('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
  expect(await refusal(server.url)).toMatchObject({ code: 'QUEUE_UNSAFE' });
  await server.ask('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  await server.ask('CONFIG', 'SET', 'appendonly', 'no');
  await until('it has no AOF', async () => {
    const { warnings, close } = await connectRedis(server.url);
    close();
    return warnings.length === 1;
  });
  await server.ask('CONFIG', 'SET', 'save', '3600 1');
  const { warnings, close } = await connectRedis(server.url);
  close();
  expect(warnings).toEqual([]);
});
