import {
  addsHeader,
  byeAfterAppend,
  byeInAppend,
  capabilities,
  changedUidValidity,
  ignoresDates,
  noUidCodes,
  type Quirks,
} from '@mxodus/lab';
import { describe, expect, it } from 'vitest';
import { type Case, plainMail, useQuirkyServers } from './quirky-servers.ts';

/** Servers that lose what was said, or call the same message another. */

const servers = useQuirkyServers();

async function start(quirks: { old?: Quirks; new?: Quirks }, messages = 8): Promise<Case> {
  const test = await servers.start({ ...quirks, server: 'limits: { connections_per_mailbox: 2 }' });
  await test.deliverPlain(messages);
  // The same message twice, and one without Message-ID.
  await test.deliver({ body: plainMail('twin'), date: '03-Jan-2020 10:00:00 +0000' });
  await test.deliver({ body: plainMail('twin'), date: '03-Jan-2020 10:00:00 +0000' });
  await test.deliver({ body: 'Subject: no id\r\n\r\nbody\r\n' });
  await test.deliverPlain(4, 'more', 'Work');
  expect(await test.plan()).toMatchObject({ code: 0 });
  return test;
}

async function onceEach(test: Case, parts = {}): Promise<void> {
  expect((await test.sync()).summary).toMatchObject({ exit_code: 0, buckets: { failed: 0, in_doubt: 0 } });
  expect(await test.held('new', parts)).toEqual(await test.held('old', parts));
  expect((await test.sync()).summary).toMatchObject({ exit_code: 0, destination_writes: 0 });
}

describe.each([
  ['with APPENDUID', [] as Quirks],
  ['without UIDPLUS', [capabilities({ remove: ['UIDPLUS', 'MULTIAPPEND', 'LITERAL+'] })]],
  ['with answers that name no UID', [noUidCodes()]],
])('%s', (_, quirks) => {
  it('BYE inside an APPEND, and in place of its OK, loses and doubles nothing, and flags still follow', async () => {
    const [inside, after] = [byeInAppend(50, { nth: 3, times: 1 }), byeAfterAppend({ nth: 2, times: 1 })];
    const test = await start({ new: [inside, after, ...quirks] });
    await onceEach(test);
    expect([inside.hits, after.hits]).toEqual([1, 1]);
    await test.at('old', async (client) => {
      await client.command('SELECT INBOX');
      await client.command('UID STORE 1:* +FLAGS.SILENT (\\Flagged)');
    });
    await onceEach(test);
  });
});

describe('UIDVALIDITY', () => {
  it.each(['old', 'new'] as const)('changed between two passes at the %s server: nothing comes twice', async (end) => {
    const changed = changedUidValidity();
    const test = await start({ [end]: [changed] });
    expect((await test.sync()).summary).toMatchObject({ exit_code: 0 });
    changed.change();
    await test.deliver({ body: plainMail('late') });
    await onceEach(test);
    expect(changed.hits).toBeGreaterThan(0);
  });

  it.each([
    ['old', /^UID FETCH .*BODY\.PEEK\[\]/],
    ['new', /^APPEND/],
  ] as const)(
    'changed in the middle of a pass at the %s server: nothing is lost, nothing comes twice',
    async (end, on) => {
      const changed = changedUidValidity({ on });
      const test = await start({ [end]: [changed] });
      expect([0, 3, 5]).toContain((await test.sync()).summary.exit_code);
      await onceEach(test);
    },
  );

  it.each(['old', 'new'] as const)(
    'another one for each connection to the %s server: nothing comes twice',
    async (end) => {
      const test = await start({ [end]: [changedUidValidity({ perConnection: true })] });
      await test.sync();
      await test.sync();
      expect(await test.held('new')).toEqual(await test.held('old'));
    },
  );
});

describe('a destination that changes what it stores', () => {
  const quirks = (): Quirks => [addsHeader('X-Server: stamped'), ignoresDates()];

  it('is not sent the same mail again, also when the ledger is lost', async () => {
    const test = await start({ new: quirks() });
    const { summary } = await test.sync();
    expect(summary).toMatchObject({ exit_code: 0, buckets: { moved_now: 15, failed: 0 } });
    expect((await test.sync()).summary).toMatchObject({ exit_code: 0, destination_writes: 0 });
    await test.loseLedger();
    expect((await test.sync()).summary).toMatchObject({ exit_code: 0, buckets: { already_there: 15, moved_now: 0 } });
    expect(await test.held('new')).toHaveLength(15);
  });

  it('is asked whether it has stored what it never answered for', async () => {
    const after = byeAfterAppend({ times: 1 });
    const test = await start({ new: [after, ...quirks()] });
    expect((await test.sync()).summary).toMatchObject({ buckets: { failed: 0 } });
    expect((await test.sync()).summary).toMatchObject({ exit_code: 0, buckets: { in_doubt: 0 } });
    expect(await test.held('new')).toHaveLength(15);
    expect(after.hits).toBe(1);
  });
});
