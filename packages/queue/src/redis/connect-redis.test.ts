import { type RedisServer, startRedis, until } from '@mxodus/lab';
import { MxodusError } from '@mxodus/model';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectRedis } from './connect-redis.ts';

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
