import { type PostgresServer, startPostgres } from '@mxodus/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANN, INBOX, startPass } from '../contract/opened-ledger.ts';
import { intent, stored } from '../contract/rows.ts';
import { openFleetStore } from './fleet-store.ts';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.stop());

const open = (patienceMs = 20_000) => openFleetStore({ url: server.url, holder: 'test', connections: 4, patienceMs });

it('is opened by many processes at once in an empty database, and a project in it too', async () => {
  const stores = await Promise.all(Array.from({ length: 4 }, () => open()));
  const ledgers = await Promise.all(stores.map((store) => store.ledger('acme')));
  const ids = await Promise.all(ledgers.map((ledger) => ledger.openMailbox(ANN)));
  expect(new Set(ids).size).toBe(1);
  for (const store of stores) await store.close();
});

it('keeps projects apart, also those with long names that begin alike', async () => {
  const store = await open();
  const names = ['a', 'b', `${'long-'.repeat(12)}x`, `${'long-'.repeat(12)}y`];
  for (const name of names) expect(await store.readLedger(name)).toBeNull();
  for (const name of names) await (await store.ledger(name)).openMailbox({ ...ANN, address: `${name}@example.com` });
  for (const name of names) {
    const ledger = await store.ledger(name);
    const id = await ledger.openMailbox({ ...ANN, address: `${name}@example.com` });
    expect([name, id]).toEqual([name, 1]);
  }
  await store.close();
});

describe('when the server goes away in the middle of writing', () => {
  it.each(['restart', 'crash'] as const)('%s: each write is done once, and the writer only waits', async (how) => {
    const store = await open();
    const ledger = await store.ledger(how);
    const mailbox = await ledger.openMailbox(ANN);
    const pass = await startPass(ledger, mailbox);
    const { id: folder } = await ledger.openFolder(mailbox, INBOX);
    let going = true;
    let uid = 0;
    const lane = async (): Promise<void> => {
      while (going) {
        const uids = Array.from({ length: 20 }, () => ++uid);
        await ledger.writeIntents(
          folder,
          pass,
          uids.map((one) => intent(one)),
        );
        await ledger.settle(
          folder,
          pass,
          uids.map((one) => stored(one)),
        );
      }
    };
    const lanes = [lane(), lane(), lane()];
    await expect.poll(() => uid).toBeGreaterThan(200);
    await server[how]();
    const before = uid;
    await expect.poll(() => uid, { timeout: 20_000 }).toBeGreaterThan(before + 200);
    going = false;
    await Promise.all(lanes);
    const messages = await ledger.messages(folder);
    expect([messages.length, messages.filter(({ state }) => state !== 'stored')]).toEqual([uid, []]);
    await store.close();
  });

  it('says so when it does not come back in time, without the connection string', async () => {
    const store = await open(800);
    const ledger = await store.ledger('late');
    const away = server.away(3000);
    await expect(ledger.openMailbox(ANN)).rejects.toSatisfy(
      (error) =>
        error instanceof Error &&
        Reflect.get(error, 'code') === 'LEDGER_UNREACHABLE' &&
        !error.message.includes(server.password),
    );
    await away;
    await ledger.openMailbox(ANN);
    await store.close();
  });
});

describe('a connection string', () => {
  it.each([
    ['with a wrong password', () => server.url.replace(server.password, 'wrong-7261')],
    ['of a database that is not there', () => server.url.replace(/\/mxodus$/, '/nothing')],
    ['that is none', () => 'postgres://[wrong-7261'],
  ])('%s is refused without being shown', async (_, url) => {
    const opening = openFleetStore({ url: url(), holder: 'test', patienceMs: 500 });
    const error: unknown = await opening.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'LEDGER_REFUSED' });
    const shown = JSON.stringify([
      String(error),
      Reflect.get(Object(error), 'why'),
      Reflect.get(Object(error), 'advice'),
    ]);
    expect(shown).not.toMatch(/wrong-7261|\/nothing/);
    expect(shown).not.toContain(server.password);
  });
});
