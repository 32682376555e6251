import {
  bandwidthLimit,
  connectionLimit,
  defineQuirk,
  exchangeError11,
  GMAIL_APPEND_LIMIT,
  gmail,
  goesSilent,
  losesPatience,
  messageLimit,
  openRawConnection,
  type Quirk,
  throttling,
} from '@mxodus/lab';
import { expect, it } from 'vitest';
import { plainMail, useQuirkyServers } from './quirky-servers.ts';

/** Servers that want less, or stop. */

const servers = useQuirkyServers();

it('a throttling destination is waited for as long as it asked, and everything arrives once', async () => {
  const office365 = throttling({ nths: [3], backoffMs: 1500 });
  const test = await servers.start({ new: [office365], server: 'limits: { connections_per_mailbox: 2 }' });
  await test.deliverPlain(12);
  await test.deliverPlain(4, 'more', 'Work');
  await test.deliverPlain(4, 'still more', 'Zed');
  expect(await test.plan()).toMatchObject({ code: 0 });
  const { summary, events } = await test.sync();
  expect(summary).toMatchObject({ exit_code: 0, buckets: { moved_now: 20, failed: 0, in_doubt: 0 } });
  expect(office365.hits).toBe(1);
  expect(office365.ignored()).toBe(0);
  expect(office365.waits[0]).toBeGreaterThanOrEqual(1500);
  const waiting = events.filter(({ type }) => type === 'waiting');
  expect(waiting).toContainEqual(expect.objectContaining({ over: false, why: expect.stringMatching(/throttled/i) }));
  expect(await test.held('new')).toEqual(await test.held('old'));
  expect((await test.sync()).summary).toMatchObject({ exit_code: 0, destination_writes: 0 });
});

it('a source that throttles FETCH is waited for too', async () => {
  const office365 = throttling({ on: /^UID FETCH .*BODY/, nths: [1], backoffMs: 1200 });
  const test = await servers.start({ old: [office365] });
  await test.deliverPlain(5);
  expect(await test.plan()).toMatchObject({ code: 0 });
  const { summary } = await test.sync();
  expect(summary).toMatchObject({ exit_code: 0, buckets: { moved_now: 5, failed: 0 } });
  expect([office365.hits, office365.ignored()]).toEqual([1, 0]);
  expect(office365.waits[0]).toBeGreaterThanOrEqual(1200);
  expect(await test.held('new')).toEqual(await test.held('old'));
});

it('a destination that takes no more connections is waited for, and everything arrives once', async () => {
  const gmailLimit = connectionLimit(2);
  const test = await servers.start({ new: [gmailLimit] });
  await test.deliverPlain(12);
  expect(await test.plan()).toMatchObject({ code: 0 });
  // The user's own client has one of them, until the pass was refused one.
  const phone = await openRawConnection(test.new);
  await phone.command(`LOGIN ${test.user} ${test.account('new').password}`);
  const pass = test.sync();
  await expect.poll(() => gmailLimit.hits, { timeout: 60_000 }).toBeGreaterThan(0);
  phone.close();
  const { summary, events } = await pass;
  expect(summary).toMatchObject({ exit_code: 0, buckets: { moved_now: 12, failed: 0, in_doubt: 0 } });
  expect(JSON.stringify(events.filter(({ type }) => type === 'waiting'))).toMatch(/too many simultaneous connections/i);
  expect(await test.held('new')).toEqual(await test.held('old'));
});

it('what is beyond the bandwidth of a day is not lost: the same command moves it later, and nothing twice', async () => {
  const day = bandwidthLimit(3000);
  const test = await servers.start({ new: [day] });
  await test.deliverPlain(20);
  expect(await test.plan()).toMatchObject({ code: 0 });
  // The pass may wait for the day to end: it ends as soon as the first message was refused.
  const first = test.sync();
  await expect.poll(() => day.hits, { timeout: 20_000 }).toBeGreaterThan(0);
  day.lift();
  const { summary } = await first;
  expect(summary).toMatchObject({ buckets: { cannot: 0, in_doubt: 0 } });
  expect([0, 3, 5]).toContain(summary.exit_code);
  expect((await test.sync()).summary).toMatchObject({ exit_code: 0, buckets: { failed: 0, in_doubt: 0 } });
  expect(await test.held('new')).toEqual(await test.held('old'));
});

it('Gmail as the destination: what is above its APPENDLIMIT is told in the plan and never sent, the rest arrives', async () => {
  const account = () => test.account('new');
  const test = await servers.start({ new: gmail({ account }) });
  await test.deliverPlain(7);
  await test.deliver({ body: plainMail('long', 300) });
  await test.deliver({ body: Buffer.alloc(GMAIL_APPEND_LIMIT + 78, `${'z'.repeat(76)}\r\n`) });
  const plan = await test.plan();
  expect(plan.code).toBe(0);
  expect(plan.stdout + plan.stderr).toMatch(/too large|larger than/i);
  const { summary } = await test.sync();
  expect(summary).toMatchObject({ exit_code: 3, source_messages: 9, buckets: { moved_now: 8, cannot: 1, failed: 0 } });
  expect((await test.sync()).summary).toMatchObject({ exit_code: 3, destination_writes: 0 });
});

it('servers that stop answering, source and destination, are left after the timeout, and all arrives once', async () => {
  const [old, fresh] = [goesSilent({ on: /^UID FETCH .*BODY/, nth: 2 }), goesSilent({ on: /^APPEND/ })];
  const test = await servers.start({ old: [old], new: [fresh], server: 'timeout: 2s' });
  for (const folder of ['INBOX', 'Work', 'Zed']) await test.deliverPlain(8, folder, folder);
  expect(await test.plan()).toMatchObject({ code: 0 });
  const { summary } = await test.sync();
  expect([old.hits, fresh.hits]).toEqual([1, 1]);
  expect(summary).toMatchObject({ exit_code: 0, buckets: { failed: 0, in_doubt: 0 } });
  expect(await test.held('new')).toEqual(await test.held('old'));
});

it('a server that ends the connection after ten refusals is come back to: what it takes arrives, the rest is named', async () => {
  const refused = exchangeError11({ largest: 2000 });
  const patience = losesPatience(10);
  const test = await servers.start({ new: [patience, refused] });
  for (let count = 1; count <= 14; count += 1) {
    await test.deliver({ body: plainMail(`large ${count}`, 200) }, { body: plainMail(`small ${count}`) });
  }
  expect(await test.plan()).toMatchObject({ code: 0 });
  const { summary, notMoved } = await test.sync();
  expect(patience.hits).toBeGreaterThan(0);
  expect(summary).toMatchObject({ exit_code: 3, buckets: { moved_now: 14, failed: 14, in_doubt: 0 } });
  expect(notMoved).toHaveLength(14);
});

it('MESSAGELIMIT at both ends: no command that changes something is about more messages, and none is left out', async () => {
  const counted = refusedCommands();
  const test = await servers.start({ old: messageLimit(5), new: [counted, ...messageLimit(5)] });
  await test.deliverPlain(23);
  expect(await test.plan()).toMatchObject({ code: 0 });
  expect((await test.sync()).summary).toMatchObject({ exit_code: 0, source_messages: 23, buckets: { moved_now: 23 } });
  expect(await test.held('new')).toEqual(await test.held('old'));
  await test.at('old', async (client) => {
    await client.command('SELECT INBOX');
    await client.command('UID STORE 1:* +FLAGS.SILENT (\\Flagged)');
  });
  expect((await test.sync()).summary).toMatchObject({ exit_code: 0, buckets: { moved_before: 23 } });
  expect(await test.held('new')).toEqual(await test.held('old'));
  expect(counted.hits).toBe(0);
});

/** Counts the commands answered NO or BAD for their number of messages. */
function refusedCommands(): Quirk {
  return defineQuirk('refused commands', (hit) => ({
    onResponse: ({ kind, text }) => {
      if (kind === 'tagged' && /^\S+ (?:NO|BAD) \[MESSAGELIMIT/.test(text)) hit();
      return undefined;
    },
  }));
}
