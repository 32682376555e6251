import { type Buckets, type LedgerMessage, noMessages, sumOfBuckets } from '@mxodus/model';
import { expect, it } from 'vitest';
import { BOB, INBOX, type On, type OpenedLedger, startPass, store } from './opened-ledger.ts';
import { adoption, buckets, intent, refused, stored, uidsUpTo } from './rows.ts';

/** 1 sent before, 2 sent now, 3 found, 4 moved before, 5 refused for good, 6 failed, 7 in doubt, 8 and 9 gone. */
async function someOfEach(opened: OpenedLedger): Promise<number> {
  const { ledger, mailbox, folder } = opened;
  await store(opened, folder, [1, 8]);
  const pass = await startPass(ledger, mailbox);
  await ledger.writeIntents(folder, pass, [intent(2), intent(7)]);
  await ledger.settle(folder, pass, [stored(2), refused(5, 'cannot'), refused(6, 'failed')]);
  await ledger.adopt(folder, pass, [adoption(3), adoption(4, { found: false }), adoption(9)]);
  await ledger.noteExpunged(folder, [8, 9]);
  return pass;
}

/** What `countBuckets` says, message by message. */
function bucketOf({ state, adopted, passId }: LedgerMessage, pass: number): keyof Buckets {
  if (state === 'intent') return 'in_doubt';
  if (state !== 'stored') return state;
  if (adopted) return 'already_there';
  return passId === pass ? 'moved_now' : 'moved_before';
}

export function describeCounts(on: On): void {
  it('put every listed message into one bucket', async () => {
    const opened = on();
    const { ledger, folder } = opened;
    const first = opened.pass;
    const pass = await someOfEach(opened);
    const rest = { already_there: 1, cannot: 1, failed: 1, in_doubt: 1 };
    expect(await ledger.countBuckets(folder, pass)).toEqual(buckets({ ...rest, moved_before: 2, moved_now: 1 }));
    expect(await ledger.countBuckets(folder, first)).toEqual(buckets({ ...rest, moved_before: 2, moved_now: 1 }));
    const next = await startPass(ledger, opened.mailbox);
    expect(await ledger.countBuckets(folder, next)).toEqual(buckets({ ...rest, moved_before: 3 }));
    expect(await ledger.countBuckets(folder, 0)).toEqual(buckets({ ...rest, moved_before: 3 }));
    expect(await ledger.countListed(folder)).toBe(7);
  });

  it('of a folder without messages are 0', async () => {
    const { ledger, mailbox, folder, pass } = on();
    expect(await ledger.countBuckets(folder, pass)).toEqual(noMessages());
    expect(await ledger.countListed(folder)).toBe(0);
    expect(await ledger.countSettled(mailbox)).toBe(0);
    expect(await ledger.countIntents(mailbox)).toBe(0);
    const bob = await ledger.openMailbox(BOB);
    expect(await ledger.countSettled(bob)).toBe(0);
    expect(await ledger.countIntents(bob)).toBe(0);
  });

  it('over a mailbox are of its folders under their UIDVALIDITY of now, without gone messages', async () => {
    const opened = on();
    const { ledger, mailbox } = opened;
    await someOfEach(opened);
    const sent = await ledger.openFolder(mailbox, { ...INBOX, source: 'Sent' });
    await ledger.writeIntents(sent.id, opened.pass, [intent(1), intent(2)]);
    await ledger.settle(sent.id, opened.pass, [stored(1)]);
    expect(await ledger.countSettled(mailbox)).toBe(6);
    expect(await ledger.countIntents(mailbox)).toBe(2);
    await ledger.openFolder(mailbox, { ...INBOX, uidValidity: 8 });
    expect(await ledger.countSettled(mailbox)).toBe(1);
    expect(await ledger.countIntents(mailbox)).toBe(1);
    await ledger.openFolder(mailbox, INBOX);
    expect(await ledger.countSettled(mailbox)).toBe(6);
  });

  it('of the states for status are of current folders, without gone messages', async () => {
    const opened = on();
    const { ledger, mailbox } = opened;
    await someOfEach(opened);
    const ofAnn = { address: 'ann@example.com', intent: 1, stored: 4, cannot: 1, failed: 1 };
    expect(await ledger.counts()).toEqual([ofAnn]);
    const bob = await ledger.openMailbox(BOB);
    expect(await ledger.counts()).toEqual([ofAnn]);
    await ledger.openFolder(bob, INBOX);
    const nothing = { address: BOB.address, intent: 0, stored: 0, cannot: 0, failed: 0 };
    expect(await ledger.counts()).toEqual([ofAnn, nothing]);
    await ledger.openFolder(mailbox, { ...INBOX, uidValidity: 8 });
    expect(await ledger.counts()).toEqual([{ ...nothing, address: 'ann@example.com' }, nothing]);
  });

  it('agree with the messages after anything that may happen to them', async () => {
    const opened = on();
    const { ledger, mailbox, folder } = opened;
    // A linear congruential generator: the same course of events in each run.
    let seed = 20_261_122;
    const chance = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    let pass = opened.pass;
    for (let round = 0; round < 60; round += 1) {
      if (chance(4) === 0) pass = await startPass(ledger, mailbox);
      const some = uidsUpTo(120).filter(() => chance(3) === 0);
      const known = new Map((await ledger.messagesOf(folder, some)).map((message) => [message.uid, message]));
      const are = (...states: string[]): number[] =>
        some.filter((uid) => states.includes(known.get(uid)?.gone ? 'gone' : (known.get(uid)?.state ?? 'none')));
      const events = [
        () =>
          ledger.writeIntents(
            folder,
            pass,
            are('none', 'failed', 'cannot').map((uid) => intent(uid)),
          ),
        () =>
          ledger.settle(
            folder,
            pass,
            are('intent').map((uid) => stored(uid)),
          ),
        () =>
          ledger.settle(
            folder,
            pass,
            are('intent', 'none').map((uid) => refused(uid, chance(2) ? 'cannot' : 'failed')),
          ),
        () =>
          ledger.adopt(
            folder,
            pass,
            are('none', 'failed').map((uid) => adoption(uid, { found: chance(2) === 0 })),
          ),
        () => ledger.noteExpunged(folder, some),
        () => ledger.forgetGone(are('gone').map((uid) => ({ folderId: folder, uid }))),
        () => ledger.forgetStored(folder, are('stored')),
      ];
      await events[chance(events.length)]?.();
      const listed = await ledger.messages(folder);
      const expected = noMessages();
      for (const message of listed) expected[bucketOf(message, pass)] += 1;
      expect(await ledger.countBuckets(folder, pass)).toEqual(expected);
      expect(await ledger.countListed(folder)).toBe(sumOfBuckets(expected));
      expect(await ledger.countIntents(mailbox)).toBe(expected.in_doubt);
      expect(await ledger.countSettled(mailbox)).toBe(listed.length - expected.in_doubt - expected.failed);
      expect(await ledger.unsettled(folder)).toEqual(listed.filter(({ state }) => state !== 'stored'));
    }
  });
}
