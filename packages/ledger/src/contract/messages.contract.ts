import type { LedgerMessage } from '@mxodus/model';
import { expect, it } from 'vitest';
import { INBOX, type On, reopen, startPass, store } from './opened-ledger.ts';
import { adoption, intent, refused, stored, uidsUpTo } from './rows.ts';

const uids = (messages: readonly LedgerMessage[]): number[] => messages.map(({ uid }) => uid);

export function describeMessages(on: On): void {
  it('are kept as intents, and as what became of them, over a restart', async () => {
    const opened = on();
    const { folder, pass } = opened;
    await opened.ledger.writeIntents(folder, pass, [intent(3), intent(1, { emailId: 'M1' }), intent(2)]);
    await reopen(opened);
    expect((await opened.ledger.messages(folder)).map(({ uid, state }) => [uid, state])).toEqual([
      [1, 'intent'],
      [2, 'intent'],
      [3, 'intent'],
    ]);
    await opened.ledger.settle(folder, pass, [stored(1), refused(2, 'failed'), { uid: 3, kind: 'unsent' }]);
    await reopen(opened);
    expect(await opened.ledger.messages(folder)).toEqual([
      {
        uid: 1,
        state: 'stored',
        bytes: 1001,
        internalDate: 1_700_000_000_000,
        flags: '\\Seen',
        destinationUid: 101,
        floor: null,
        passId: pass,
        adopted: false,
        reason: null,
        gone: false,
        digest: 'digest 1',
        emailId: 'M1',
      },
      {
        uid: 2,
        state: 'failed',
        bytes: 1002,
        internalDate: null,
        flags: '',
        destinationUid: null,
        floor: null,
        passId: pass,
        adopted: false,
        reason: 'NO Mailbox is full',
        gone: false,
        digest: 'digest 2',
        emailId: null,
      },
    ]);
  });

  it('are kept as found, gone, forgotten or moved over a restart', async () => {
    const opened = on();
    const { folder, pass } = opened;
    await opened.ledger.adopt(folder, pass, [adoption(1), adoption(2), adoption(3), adoption(4)]);
    await opened.ledger.noteExpunged(folder, [1, 2]);
    await opened.ledger.forgetGone([{ folderId: folder, uid: 2 }]);
    await opened.ledger.forgetStored(folder, [3]);
    await reopen(opened);
    const { ledger } = opened;
    expect((await ledger.messagesOf(folder, uidsUpTo(4))).map(({ uid, gone }) => [uid, gone])).toEqual([
      [1, true],
      [4, false],
    ]);
    await ledger.writeIntents(folder, pass, [intent(9)]);
    await ledger.settleMoves(pass, [
      { from: { folderId: folder, uid: 1 }, to: { folderId: folder, uid: 9, destinationUid: 101 } },
    ]);
    await reopen(opened);
    expect(uids(await opened.ledger.messagesOf(folder, [1, 4, 9]))).toEqual([4, 9]);
    expect(await opened.ledger.goneMessages(opened.mailbox)).toEqual([]);
  });

  it('tells what was found, what an earlier pass moved, and what this one sent', async () => {
    const opened = on();
    const { ledger, mailbox, folder } = opened;
    const found = { digest: 'of 4', emailId: 'M4', bytes: 5, internalDate: null, flags: '' };
    const pass = await startPass(ledger, mailbox);
    await ledger.adopt(folder, pass, [
      adoption(4, found),
      adoption(5, { found: false }),
      adoption(6, { found: false, destinationUid: null }),
    ]);
    await ledger.writeIntents(folder, pass, [intent(7)]);
    await ledger.settle(folder, pass, [stored(7)]);
    const messages = await ledger.messages(folder);
    expect(messages[0]).toMatchObject({ ...found, state: 'stored', adopted: true, destinationUid: 104 });
    expect(messages.map(({ uid, adopted, destinationUid }) => [uid, adopted, destinationUid])).toEqual([
      [4, true, 104],
      [5, false, 105],
      [6, false, null],
      [7, false, 107],
    ]);
    expect(messages.map(({ passId }) => passId === pass)).toEqual([true, false, false, true]);
  });

  it('has the flags of the last look', async () => {
    const opened = on();
    const { ledger, folder } = opened;
    await store(opened, folder, [1, 2]);
    await ledger.setFlags(folder, [{ uid: 1, flags: '$Forwarded \\Answered' }]);
    expect((await ledger.messages(folder)).map(({ flags }) => flags)).toEqual(['$Forwarded \\Answered', '\\Seen']);
    await expect(
      ledger.setFlags(folder, [
        { uid: 2, flags: '' },
        { uid: 3, flags: '' },
      ]),
    ).rejects.toMatchObject({ code: 'INVARIANT' });
    expect((await ledger.messages(folder)).map(({ flags }) => flags)).toEqual(['$Forwarded \\Answered', '\\Seen']);
  });

  it('of folders and UIDVALIDITYs are kept apart', async () => {
    const { ledger, mailbox, folder, pass } = on();
    const other = await ledger.openFolder(mailbox, { ...INBOX, uidValidity: 8 });
    await ledger.writeIntents(other.id, pass, [intent(1)]);
    expect(await ledger.messages(folder)).toEqual([]);
    expect(await ledger.messagesOf(folder, [1])).toEqual([]);
    expect(await ledger.unsettled(folder)).toEqual([]);
    await expect(ledger.settle(folder, pass, [stored(1)])).rejects.toThrow('INVARIANT');
  });

  it('of many pages are read whole and in order', async () => {
    const { ledger, folder, pass } = on();
    const all = uidsUpTo(4321);
    await ledger.writeIntents(
      folder,
      pass,
      all.toReversed().map((uid) => intent(uid)),
    );
    expect(uids(await ledger.messages(folder))).toEqual(all);
    expect(uids(await ledger.messagesOf(folder, [...all.toReversed(), ...all, ...all]))).toEqual(all);
    expect(uids(await ledger.unsettled(folder))).toEqual(all);
  });

  it('of a range are read without the others and without gone ones', async () => {
    const opened = on();
    const { ledger, folder } = opened;
    await store(opened, folder, uidsUpTo(20, 5));
    await ledger.noteExpunged(folder, [7]);
    expect(uids(await ledger.messages(folder, { from: 6, to: 9 }))).toEqual([6, 8, 9]);
    expect(uids(await ledger.messages(folder, { from: 18 }))).toEqual([18, 19, 20]);
    expect(uids(await ledger.messages(folder, { from: 1, to: 5 }))).toEqual([5]);
    expect(await ledger.messages(folder, { from: 21 })).toEqual([]);
    expect(await ledger.messages(folder, { from: 9, to: 8 })).toEqual([]);
  });

  it('that are tried again are known as they were listed last', async () => {
    const { ledger, folder, pass } = on();
    await ledger.writeIntents(folder, pass, [intent(1), intent(2)]);
    await ledger.settle(folder, pass, [refused(1, 'failed'), refused(2, 'cannot')]);
    const now = { bytes: 7, internalDate: 8, flags: '\\Draft', digest: 'another', emailId: 'M9' };
    await ledger.writeIntents(folder, pass, [intent(1, { ...now, floor: 60 })]);
    await ledger.adopt(folder, pass, [adoption(2, now)]);
    expect(await ledger.messages(folder)).toMatchObject([
      { ...now, state: 'intent', floor: 60, reason: null },
      { ...now, state: 'stored', floor: null, reason: null },
    ]);
  });

  it('of some UIDs are those the ledger knows, gone ones too, each once', async () => {
    const opened = on();
    const { ledger, folder, pass } = opened;
    await store(opened, folder, [1, 2]);
    await ledger.noteExpunged(folder, [2]);
    await ledger.settle(folder, pass, [refused(3, 'failed')]);
    const messages = await ledger.messagesOf(folder, [3, 9, 2, 1, 2]);
    expect(messages.map(({ uid, state, gone }) => [uid, state, gone])).toEqual([
      [1, 'stored', false],
      [2, 'stored', true],
      [3, 'failed', false],
    ]);
    expect(await ledger.messagesOf(folder, [])).toEqual([]);
  });

  it('that are not stored are read by UID, whatever their state', async () => {
    const opened = on();
    const { ledger, folder, pass } = opened;
    await store(opened, folder, [1, 5]);
    await ledger.noteExpunged(folder, [5]);
    await ledger.writeIntents(folder, pass, [intent(4), intent(2)]);
    await ledger.settle(folder, pass, [refused(6, 'cannot'), refused(3, 'failed')]);
    const messages = await ledger.unsettled(folder);
    expect(messages.map(({ uid, state }) => [uid, state])).toEqual([
      [2, 'intent'],
      [3, 'failed'],
      [4, 'intent'],
      [6, 'cannot'],
    ]);
  });

  it('keep UIDs, sizes, dates and text up to what IMAP allows', async () => {
    const { ledger, folder, pass } = on();
    const large = { bytes: 2 ** 40, internalDate: -1000, flags: '$a"\\b\u{1f4e8}', digest: "o'", emailId: 'M\t"' };
    await ledger.writeIntents(folder, pass, [intent(4_294_967_295, large)]);
    expect(await ledger.messages(folder)).toMatchObject([large]);
    expect(await ledger.messages(folder, { from: 4_294_967_295, to: 4_294_967_295 })).toMatchObject([large]);
  });
}
