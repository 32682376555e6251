import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTempDir } from '@mxodus/lab';
import type { FetchedMessage } from '@mxodus/model';
import { afterEach, expect, it } from 'vitest';
import { type ExchangeWorld, exchangeWorld, give } from './exchange-world.test.support.ts';
import { SUBMIT_TIME, TRANSPORT_HEADERS } from './properties.ts';

let world: ExchangeWorld;
afterEach(() => world.stop());

async function texts(messages: AsyncIterable<FetchedMessage>): Promise<[number, string][]> {
  const all: [number, string][] = [];
  for await (const { uid, body } of messages) all.push([uid, body.toString()]);
  return all;
}

it('gives the headers as they came, else what Exchange knows of them', async () => {
  world = await exchangeWorld();
  const asCame = 'Received: from here\r\n by there\r\nMessage-ID: <1@x>';
  await give(world, {
    received: '2026-11-01T10:00:05Z',
    properties: [{ id: TRANSPORT_HEADERS, value: `${asCame}\r\n\r\n` }],
  });
  const from = { emailAddress: { name: 'Bob "B"', address: 'bob@example.org' } };
  await give(world, {
    message: { internetMessageId: '<2@x>', subject: 'Grüße', from },
    properties: [{ id: SUBMIT_TIME, value: '2026-11-01T09:08:07Z' }],
  });
  const session = await world.open();
  const uids = await session.uids('INBOX');
  expect(await texts(session.fetchHeaders('INBOX', [...uids, 99]))).toEqual([
    [1, `${asCame}\r\n\r\n`],
    [
      2,
      'Date: Sun, 01 Nov 2026 09:08:07 +0000\r\nFrom: "Bob \\"B\\"" <bob@example.org>\r\nSubject: Grüße\r\nMessage-ID: <2@x>\r\n\r\n',
    ],
  ]);
});

it('gives messages as Exchange makes them anew, and leaves out those that are gone', async () => {
  world = await exchangeWorld();
  const gone = await give(world, { received: '2026-11-01T10:00:09Z' });
  await give(world, { message: { subject: 'kept', body: { contentType: 'text', content: 'words' } } });
  const session = await world.open();
  const uids = await session.uids('INBOX');
  await world.ask('POST', `/messages/${gone}/permanentDelete`);
  const [[uid, text] = [0, ''], ...others] = await texts(session.fetch('INBOX', uids));
  expect([uid, others]).toEqual([2, []]);
  expect(text).toMatch(/^Subject: kept\r?$/im);
  const dir = await makeTempDir();
  const file = join(dir.path, 'body');
  expect(await session.download('INBOX', 2, { file })).toBe((await readFile(file)).length);
  expect(await session.download('INBOX', 1, { file })).toBeNull();
  const { uidValidity = 0 } = (await session.status('INBOX')) ?? {};
  await expect(texts(session.fetch('INBOX', uids, uidValidity + 1))).rejects.toMatchObject({
    code: 'UIDVALIDITY_CHANGED',
  });
  await dir.remove();
});

it('leaves out a message that is refused; where the mailbox may not be read that is the trouble', async () => {
  world = await exchangeWorld();
  await give(world);
  const session = await world.open();
  const uids = await session.uids('INBOX');
  const denied = { status: 403, code: 'ErrorAccessDenied' };
  world.sim.faults.add({ path: /\$value/, times: 2, before: denied });
  expect(await texts(session.fetch('INBOX', uids))).toEqual([]);
  world.sim.faults.add({ path: /select=id$/, before: denied });
  await expect(texts(session.fetch('INBOX', uids))).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  expect(await texts(session.fetch('INBOX', uids))).toHaveLength(1);
});
