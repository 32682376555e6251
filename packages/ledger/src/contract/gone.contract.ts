import { expect, it } from 'vitest';
import { BOB, INBOX, type On, startPass, statesOf, store } from './opened-ledger.ts';
import { adoption, intent, refused, uidsUpTo } from './rows.ts';

export function describeGone(on: On): void {
  it('are no longer listed: what was stored is kept, what was not is forgotten, doubt stays', async () => {
    const opened = on();
    const { ledger, folder, pass } = opened;
    await store(opened, folder, [1, 2]);
    await ledger.writeIntents(folder, pass, [intent(3)]);
    await ledger.settle(folder, pass, [refused(4, 'cannot'), refused(5, 'failed')]);
    await ledger.noteExpunged(folder, [1, 3, 4, 5, 6]);
    expect(await statesOf(opened, folder, uidsUpTo(6))).toEqual(['1 gone', '2 stored', '3 intent']);
    expect((await ledger.messages(folder)).map(({ uid }) => uid)).toEqual([2, 3]);
  });

  it('may be reported more than once, with UIDs nobody knew, and many at a time', async () => {
    const opened = on();
    const { ledger, folder } = opened;
    const uids = uidsUpTo(12_000);
    const known = uids.filter((uid) => uid % 40 === 0);
    await store(opened, folder, known);
    await ledger.noteExpunged(folder, uids);
    await ledger.noteExpunged(folder, uids);
    await ledger.noteExpunged(folder, []);
    expect(await ledger.countListed(folder)).toBe(0);
    expect(await ledger.goneMessages(opened.mailbox)).toHaveLength(300);
  });

  it('say all that is known of them, and where their copies are', async () => {
    const opened = on();
    const { ledger, mailbox, folder } = opened;
    await store(opened, folder, [1], { emailId: 'M1' });
    await ledger.setDestinationUidValidity(folder, 12);
    await ledger.noteExpunged(folder, [1]);
    expect(await ledger.goneMessages(mailbox)).toEqual([
      {
        folderId: folder,
        source: 'INBOX',
        destination: 'INBOX',
        destinationUidValidity: 12,
        uid: 1,
        bytes: 1001,
        internalDate: 1_700_000_000_000,
        flags: '\\Seen',
        destinationUid: 101,
        digest: 'digest 1',
        emailId: 'M1',
      },
    ]);
  });

  it('are those of the mailbox, of all its folders, also under an earlier UIDVALIDITY', async () => {
    const opened = on();
    const { ledger, mailbox, folder } = opened;
    const sent = await ledger.openFolder(mailbox, { ...INBOX, source: 'Sent' });
    const later = await ledger.openFolder(mailbox, { ...INBOX, uidValidity: 8 });
    const bob = await ledger.openMailbox(BOB);
    const other = await ledger.openFolder(bob, INBOX);
    for (const id of [folder, sent.id, later.id, other.id]) {
      await store(opened, id, [2, 1, 3]);
      await ledger.noteExpunged(id, [2, 1]);
    }
    const keys = (await ledger.goneMessages(mailbox)).map(({ folderId, uid }) => [folderId, uid]);
    expect(keys).toEqual([folder, sent.id, later.id].flatMap((id) => [1, 2].map((uid) => [id, uid])));
    expect(await ledger.goneMessages(bob)).toHaveLength(2);
  });

  it('can be sent again under the same UID only after they were forgotten', async () => {
    const opened = on();
    const { ledger, folder, pass } = opened;
    await store(opened, folder, [1]);
    await ledger.noteExpunged(folder, [1]);
    await expect(ledger.writeIntents(folder, pass, [intent(1)])).rejects.toMatchObject({ code: 'INVARIANT' });
    await ledger.forgetGone([{ folderId: folder, uid: 1 }]);
    await ledger.writeIntents(folder, pass, [intent(1)]);
    expect(await statesOf(opened, folder, [1])).toEqual(['1 intent']);
  });

  it('are forgotten all or none, over several folders', async () => {
    const opened = on();
    const { ledger, mailbox, folder } = opened;
    const sent = await ledger.openFolder(mailbox, { ...INBOX, source: 'Sent' });
    for (const id of [folder, sent.id]) {
      await store(opened, id, [1, 2]);
      await ledger.noteExpunged(id, [1]);
    }
    const both = [folder, sent.id].map((folderId) => ({ folderId, uid: 1 }));
    await expect(ledger.forgetGone([...both, { folderId: sent.id, uid: 2 }])).rejects.toThrow('INVARIANT');
    expect(await ledger.goneMessages(mailbox)).toHaveLength(2);
    await ledger.forgetGone(both);
    expect(await ledger.goneMessages(mailbox)).toEqual([]);
    expect(await ledger.countListed(sent.id)).toBe(1);
  });

  it('are left by a restored destination too: what it lost is as if it was never sent', async () => {
    const opened = on();
    const { ledger, mailbox, folder, pass } = opened;
    await store(opened, folder, [1, 2, 3]);
    await ledger.adopt(folder, pass, [adoption(4)]);
    await ledger.noteExpunged(folder, [3]);
    await expect(ledger.forgetStored(folder, [1, 9])).rejects.toThrow('INVARIANT');
    await ledger.forgetStored(folder, [1, 3, 4]);
    expect(await statesOf(opened, folder, uidsUpTo(4))).toEqual(['2 stored']);
    const next = await startPass(ledger, mailbox);
    await ledger.writeIntents(folder, next, [intent(1), intent(4)]);
    expect(await ledger.countBuckets(folder, next)).toMatchObject({ in_doubt: 2, moved_before: 1 });
  });
}
