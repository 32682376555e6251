import { expect, it } from 'vitest';
import { BOB, INBOX, type On, type OpenedLedger, startPass, statesOf, store } from './opened-ledger.ts';
import { adoption, intent, refused, stored, uidsUpTo } from './rows.ts';

const openFolder = async ({ ledger, mailbox }: OpenedLedger, source: string, uidValidity = 7): Promise<number> =>
  (await ledger.openFolder(mailbox, { source, uidValidity, destination: source })).id;

export function describeMoves(on: On): void {
  it('a move makes the intent stored by this pass, where it is now, and forgets the gone one', async () => {
    const opened = on();
    const { ledger, mailbox, folder } = opened;
    await store(opened, folder, [1, 2]);
    await ledger.noteExpunged(folder, [1, 2]);
    const archive = await openFolder(opened, 'Archive');
    const next = await startPass(ledger, mailbox);
    await ledger.writeIntents(archive, next, [intent(5), intent(6, { emailId: 'M6' })]);
    await ledger.settleMoves(next, [
      { from: { folderId: folder, uid: 1 }, to: { folderId: archive, uid: 5, destinationUid: 77 } },
      { from: { folderId: folder, uid: 2 }, to: { folderId: archive, uid: 6, destinationUid: null } },
    ]);
    expect(await ledger.messagesOf(folder, [1, 2])).toEqual([]);
    const moved = { state: 'stored', gone: false, adopted: false, passId: next };
    expect(await ledger.messages(archive)).toMatchObject([
      { ...moved, uid: 5, destinationUid: 77, floor: null, digest: 'digest 5' },
      { ...moved, uid: 6, destinationUid: null, floor: 50, emailId: 'M6' },
    ]);
    expect(await ledger.countBuckets(archive, next)).toMatchObject({ moved_now: 2 });
  });

  it('moves are settled all or none', async () => {
    const opened = on();
    const { ledger, folder, pass } = opened;
    const archive = await openFolder(opened, 'Archive');
    const uids = uidsUpTo(60);
    await store(opened, folder, uids);
    await ledger.noteExpunged(folder, uidsUpTo(59));
    await ledger.writeIntents(
      archive,
      pass,
      uids.map((uid) => intent(uid)),
    );
    const move = (uid: number) => ({
      from: { folderId: folder, uid },
      to: { folderId: archive, uid, destinationUid: uid },
    });
    await expect(ledger.settleMoves(pass, uids.map(move))).rejects.toThrow(
      `folder ${folder} UID 60 may not change that way: its state is stored`,
    );
    expect(await ledger.countIntents(opened.mailbox)).toBe(60);
    expect(await ledger.goneMessages(opened.mailbox)).toHaveLength(59);
    await ledger.settleMoves(pass, uidsUpTo(59).map(move));
    expect(await ledger.countIntents(opened.mailbox)).toBe(1);
    expect(await ledger.goneMessages(opened.mailbox)).toEqual([]);
  });

  it('a message known under another UID now counts as moved before, also when this is the first pass', async () => {
    const opened = on();
    const { ledger, folder, pass } = opened;
    await store(opened, folder, [1]);
    await ledger.noteExpunged(folder, [1]);
    await ledger.adopt(folder, pass, [adoption(8, { found: false })]);
    await ledger.forgetGone([{ folderId: folder, uid: 1 }]);
    expect(await ledger.countBuckets(folder, pass)).toMatchObject({ moved_before: 1, moved_now: 0, already_there: 0 });
    expect(await statesOf(opened, folder, [8])).toEqual(['8 stored']);
  });

  it('finds where messages with an EMAILID are: stored and listed ones, in any folder of the mailbox', async () => {
    const opened = on();
    const { ledger, mailbox, folder, pass } = opened;
    const archive = await openFolder(opened, 'Archive');
    await ledger.setDestinationUidValidity(archive, 12);
    for (const id of [folder, archive]) {
      const intents = ['M1', 'M2', 'M3', 'M4', null].map((emailId, index) => intent(index + 1, { emailId }));
      await ledger.writeIntents(id, pass, intents);
    }
    await ledger.settle(folder, pass, [stored(1), stored(2), refused(4, 'failed'), stored(5)]);
    await ledger.settle(archive, pass, [stored(1, 77), stored(3)]);
    await ledger.noteExpunged(folder, [2]);
    const places = await ledger.placesOf(mailbox, ['M1', 'M2', 'M3', 'M4', 'M5']);
    expect(places.map(({ folderId, uid, emailId }) => [folderId, uid, emailId])).toEqual([
      [folder, 1, 'M1'],
      [archive, 1, 'M1'],
      [archive, 3, 'M3'],
    ]);
    expect(places[1]).toEqual({
      folderId: archive,
      source: 'Archive',
      destination: 'Archive',
      destinationUidValidity: 12,
      uid: 1,
      bytes: 1001,
      internalDate: 1_700_000_000_000,
      flags: '\\Seen',
      destinationUid: 77,
      digest: 'digest 1',
      emailId: 'M1',
    });
    expect(await ledger.placesOf(mailbox, [])).toEqual([]);
  });

  it('finds no places in another mailbox, nor under an earlier UIDVALIDITY', async () => {
    const opened = on();
    const { ledger, mailbox, folder } = opened;
    const bob = await ledger.openMailbox(BOB);
    const { id: other } = await ledger.openFolder(bob, INBOX);
    await store(opened, folder, [1], { emailId: 'M1' });
    await store(opened, other, [1], { emailId: 'M1' });
    expect((await ledger.placesOf(bob, ['M1'])).map(({ folderId }) => folderId)).toEqual([other]);
    await openFolder(opened, 'INBOX', 8);
    expect(await ledger.placesOf(mailbox, ['M1'])).toEqual([]);
  });

  it('finds the places of many EMAILIDs at once', async () => {
    const opened = on();
    const { ledger, mailbox, folder, pass } = opened;
    const uids = uidsUpTo(2500);
    await ledger.adopt(
      folder,
      pass,
      uids.map((uid) => adoption(uid, { emailId: `M${uid}` })),
    );
    const places = await ledger.placesOf(
      mailbox,
      uids.map((uid) => `M${uid}`),
    );
    expect(places.map(({ uid }) => uid).toSorted((a, b) => a - b)).toEqual(uids);
  });
}
