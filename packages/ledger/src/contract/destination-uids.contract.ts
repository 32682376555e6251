import { expect, it } from 'vitest';
import { INBOX, type On, type OpenedLedger, store } from './opened-ledger.ts';
import { adoption, buckets, intent, refused, status, stored, uidsUpTo } from './rows.ts';

const ascending = (uids: readonly number[]): number[] => uids.toSorted((a, b) => a - b);

/** UID, destination UID and floor of UIDs 1 to 9. */
async function places({ ledger, folder }: OpenedLedger): Promise<(number | null)[][]> {
  const messages = await ledger.messagesOf(folder, uidsUpTo(9));
  return messages.map(({ uid, destinationUid, floor }) => [uid, destinationUid, floor]);
}

/** 1 has a place, 2 none yet, 3 is in doubt, 4 is gone and had a place, 5 is somewhere, 6 failed. */
async function someOfEach(opened: OpenedLedger): Promise<void> {
  const { ledger, folder, pass } = opened;
  await ledger.writeIntents(folder, pass, [intent(1), intent(2), intent(3), intent(4)]);
  await ledger.settle(folder, pass, [stored(1), stored(2, null), stored(4), refused(6, 'failed')]);
  await ledger.noteExpunged(folder, [4]);
  await ledger.adopt(folder, pass, [adoption(5, { destinationUid: null, found: false })]);
}

export function describeDestinationUids(on: On): void {
  it('are all that the folder has, gone ones too', async () => {
    const opened = on();
    const { ledger, folder } = opened;
    await someOfEach(opened);
    expect(ascending(await ledger.destinationUids(folder))).toEqual([101, 104]);
    expect(await places(opened)).toEqual([
      [1, 101, null],
      [2, null, 50],
      [3, null, 50],
      [4, 104, null],
      [5, null, null],
      [6, null, null],
    ]);
  });

  it('of a large folder are read whole', async () => {
    const { ledger, folder, pass } = on();
    const uids = uidsUpTo(45_000);
    await ledger.adopt(
      folder,
      pass,
      uids.map((uid) => adoption(uid)),
    );
    expect(ascending(await ledger.destinationUids(folder))).toEqual(uids.map((uid) => uid + 100));
  });

  it('are learnt later by those that were stored without, gone ones too', async () => {
    const opened = on();
    const { ledger, folder, pass } = opened;
    await ledger.writeIntents(folder, pass, [intent(1), intent(2), intent(3)]);
    await ledger.settle(folder, pass, [stored(1, null), stored(2, null)]);
    await ledger.noteExpunged(folder, [2]);
    expect((await ledger.unlocated(folder)).map(({ uid, gone }) => [uid, gone])).toEqual([
      [1, false],
      [2, true],
    ]);
    await ledger.setDestinationUids(folder, [
      { uid: 1, destinationUid: 77 },
      { uid: 2, destinationUid: 78 },
    ]);
    expect(await ledger.unlocated(folder)).toEqual([]);
    expect(ascending(await ledger.destinationUids(folder))).toEqual([77, 78]);
    await expect(ledger.setDestinationUids(folder, [{ uid: 3, destinationUid: 79 }])).rejects.toThrow('INVARIANT');
  });

  it('are forgotten when UIDVALIDITY changes, not before; then all that had a place are looked for anew', async () => {
    const opened = on();
    const { ledger, folder } = opened;
    await someOfEach(opened);
    const before = await places(opened);
    await ledger.setDestinationUidValidity(folder, 5);
    await ledger.setDestinationUidValidity(folder, 5);
    expect(await places(opened)).toEqual(before);
    await ledger.setDestinationUidValidity(folder, 6);
    expect(await places(opened)).toEqual([
      [1, null, 1],
      [2, null, 1],
      [3, null, 1],
      [4, null, 1],
      [5, null, null],
      [6, null, null],
    ]);
    expect((await ledger.unlocated(folder)).map(({ uid }) => uid)).toEqual([1, 2, 4]);
    expect(await ledger.destinationUids(folder)).toEqual([]);
    await expect(ledger.setDestinationUidValidity(999, 5)).rejects.toMatchObject({ code: 'INVARIANT' });
  });

  it('are forgotten with what was counted there when a finished folder has another UIDVALIDITY', async () => {
    const opened = on();
    const { ledger, mailbox, folder } = opened;
    await store(opened, folder, [1]);
    const finished = { status: status(), buckets: buckets({ moved_now: 1 }) };
    await ledger.finishFolder(folder, { ...finished, destination: { uidValidity: 5, uidNext: 102, messages: 1 } });
    await ledger.setDestinationUidValidity(folder, 6);
    const row = await ledger.openFolder(mailbox, INBOX);
    expect(row).toMatchObject({ destinationUidValidity: 6, destinationFinished: null, finished: status() });
    await ledger.finishFolder(folder, { ...finished, destination: { uidValidity: 7, uidNext: 9, messages: 1 } });
    expect(await places(opened)).toEqual([[1, null, 1]]);
    expect(await ledger.openFolder(mailbox, INBOX)).toMatchObject({
      destinationUidValidity: 7,
      destinationFinished: { uidNext: 9, messages: 1 },
    });
  });

  it('are forgotten when the destination gets another name: what was moved stays moved, and is not looked for', async () => {
    const opened = on();
    const { ledger, mailbox, folder } = opened;
    await someOfEach(opened);
    const destination = { uidValidity: 12, uidNext: 200, messages: 3 };
    await ledger.finishFolder(folder, { status: status(), buckets: buckets({ moved_now: 3 }), destination });
    const moved = await ledger.openFolder(mailbox, { ...INBOX, destination: 'Archive' });
    expect(moved).toMatchObject({
      id: folder,
      destination: 'Archive',
      destinationUidValidity: null,
      destinationFinished: null,
      finished: null,
    });
    expect((await places(opened)).every(([, destinationUid, floor]) => destinationUid === null && floor === null)).toBe(
      true,
    );
    expect(await ledger.unlocated(folder)).toEqual([]);
    expect((await ledger.messages(folder)).map(({ state }) => state)).toEqual([
      'stored',
      'stored',
      'intent',
      'stored',
      'failed',
    ]);
  });
}
