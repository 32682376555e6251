import { expect, it } from 'vitest';
import { type On, type OpenedLedger, statesOf, store } from './opened-ledger.ts';
import { adoption, intent, refused, stored, uidsUpTo } from './rows.ts';

/** How UID 1 gets into a state. UID 2 is gone and UID 3 an intent, for the moves. */
const START: Record<string, (on: OpenedLedger) => Promise<void>> = {
  none: async () => undefined,
  intent: ({ ledger, folder, pass }) => ledger.writeIntents(folder, pass, [intent(1)]),
  stored: (on) => store(on, on.folder, [1]),
  gone: async (on) => {
    await store(on, on.folder, [1]);
    await on.ledger.noteExpunged(on.folder, [1]);
  },
  cannot: ({ ledger, folder, pass }) => ledger.settle(folder, pass, [refused(1, 'cannot')]),
  failed: ({ ledger, folder, pass }) => ledger.settle(folder, pass, [refused(1, 'failed')]),
};

const CHANGE: Record<string, (on: OpenedLedger) => Promise<void>> = {
  'write an intent': ({ ledger, folder, pass }) => ledger.writeIntents(folder, pass, [intent(1)]),
  'settle as stored': ({ ledger, folder, pass }) => ledger.settle(folder, pass, [stored(1)]),
  'settle as unsent': ({ ledger, folder, pass }) => ledger.settle(folder, pass, [{ uid: 1, kind: 'unsent' }]),
  'settle as cannot': ({ ledger, folder, pass }) => ledger.settle(folder, pass, [refused(1, 'cannot')]),
  'settle as failed': ({ ledger, folder, pass }) => ledger.settle(folder, pass, [refused(1, 'failed')]),
  'adopt as found': ({ ledger, folder, pass }) => ledger.adopt(folder, pass, [adoption(1)]),
  'adopt as moved before': ({ ledger, folder, pass }) =>
    ledger.adopt(folder, pass, [adoption(1, { found: false, destinationUid: null })]),
  expunge: ({ ledger, folder }) => ledger.noteExpunged(folder, [1]),
  'forget as gone': ({ ledger, folder }) => ledger.forgetGone([{ folderId: folder, uid: 1 }]),
  'forget as lost by the destination': ({ ledger, folder }) => ledger.forgetStored(folder, [1]),
  'move the copy of another to it': ({ ledger, folder: folderId, pass }) =>
    ledger.settleMoves(pass, [{ from: { folderId, uid: 2 }, to: { folderId, uid: 1, destinationUid: 9 } }]),
  'move its copy to another': ({ ledger, folder: folderId, pass }) =>
    ledger.settleMoves(pass, [{ from: { folderId, uid: 1 }, to: { folderId, uid: 3, destinationUid: 9 } }]),
};

// The table of model/ledger.ts. '!' is a bug of the caller and changes nothing.
const FROM = ['none', 'intent', 'stored', 'gone', 'cannot', 'failed'] as const;
const TABLE: Record<string, readonly string[]> = {
  'write an intent': ['intent', '!', '!', '!', 'intent', 'intent'],
  'settle as stored': ['!', 'stored', '!', '!', '!', '!'],
  'settle as unsent': ['!', 'none', '!', '!', '!', '!'],
  'settle as cannot': ['cannot', 'cannot', '!', '!', '!', 'cannot'],
  'settle as failed': ['failed', 'failed', '!', '!', '!', 'failed'],
  'adopt as found': ['stored', '!', '!', '!', 'stored', 'stored'],
  'adopt as moved before': ['stored', '!', '!', '!', 'stored', 'stored'],
  expunge: ['none', 'intent', 'gone', 'gone', 'none', 'none'],
  'forget as gone': ['!', '!', '!', 'none', '!', '!'],
  'forget as lost by the destination': ['!', '!', 'none', 'none', '!', '!'],
  'move the copy of another to it': ['!', 'stored', '!', '!', '!', '!'],
  'move its copy to another': ['!', '!', '!', 'none', '!', '!'],
};
const CASES = Object.entries(TABLE).flatMap(([by, row]) => FROM.map((from, index) => [from, by, row[index]] as const));

export function describeMessageStates(on: On): void {
  it.each(CASES)('%s, %s: %s', async (from, by, to) => {
    const opened = on();
    const { ledger, folder, pass } = opened;
    await store(opened, folder, [2]);
    await ledger.noteExpunged(folder, [2]);
    await ledger.writeIntents(folder, pass, [intent(3)]);
    await START[from]?.(opened);
    const before = await ledger.messagesOf(folder, [1, 2, 3]);
    const attempt = CHANGE[by]?.(opened);
    if (to === '!') {
      await expect(attempt).rejects.toMatchObject({ code: 'INVARIANT' });
      expect(await ledger.messagesOf(folder, [1, 2, 3])).toEqual(before);
    } else {
      await attempt;
      expect(await statesOf(opened, folder, [1])).toEqual(to === 'none' ? [] : [`1 ${to}`]);
    }
  });

  it('that may not change leaves its whole batch as it was, and is named', async () => {
    const opened = on();
    const { ledger, folder, pass } = opened;
    await store(opened, folder, [7]);
    const uids = uidsUpTo(90);
    await expect(
      ledger.writeIntents(
        folder,
        pass,
        uids.map((uid) => intent(uid)),
      ),
    ).rejects.toMatchObject({
      code: 'INVARIANT',
      what: `folder ${folder} UID 7 may not change that way: its state is stored`,
    });
    await ledger.noteExpunged(folder, [7]);
    await expect(
      ledger.adopt(
        folder,
        pass,
        uids.map((uid) => adoption(uid)),
      ),
    ).rejects.toThrow('its state is stored, gone');
    await expect(
      ledger.settle(
        folder,
        pass,
        uids.map((uid) => stored(uid)),
      ),
    ).rejects.toThrow('UID 1 may not change that way: its state is none');
    expect(await statesOf(opened, folder, uids)).toEqual(['7 gone']);
  });

  it('that is twice in a batch is a bug too', async () => {
    const { ledger, folder, pass } = on();
    const twice = [...uidsUpTo(40), 40].map((uid) => intent(uid));
    await expect(ledger.writeIntents(folder, pass, twice)).rejects.toThrow('UID 40 may not change that way');
    expect(await ledger.countListed(folder)).toBe(0);
  });

  it('goes from one state to the next in batches of any size', async () => {
    const { ledger, folder, pass } = on();
    for (const size of [0, 1, 24, 25, 26, 99, 100, 101, 250]) {
      const uids = uidsUpTo(1000 * (size + 1) + size - 1, 1000 * (size + 1));
      await ledger.writeIntents(
        folder,
        pass,
        uids.map((uid) => intent(uid)),
      );
      await ledger.settle(
        folder,
        pass,
        uids.map((uid) => stored(uid)),
      );
      const messages = await ledger.messages(folder, { from: 1000 * (size + 1), to: 1000 * (size + 1) + 999 });
      expect(messages.map(({ uid, state, destinationUid }) => [uid, state, destinationUid])).toEqual(
        uids.map((uid) => [uid, 'stored', uid + 100]),
      );
    }
  });

  it('is settled as whatever became of it, in one batch', async () => {
    const opened = on();
    const { ledger, folder, pass } = opened;
    await ledger.writeIntents(
      folder,
      pass,
      uidsUpTo(60).map((uid) => intent(uid)),
    );
    const became = ['stored', 'cannot', 'unsent', 'failed'] as const;
    await ledger.settle(
      folder,
      pass,
      uidsUpTo(60).map((uid) => {
        const kind = became[uid % 4] ?? 'stored';
        if (kind === 'stored') return stored(uid);
        return kind === 'unsent' ? { uid, kind } : refused(uid, kind);
      }),
    );
    expect(await statesOf(opened, folder, uidsUpTo(60))).toEqual(
      uidsUpTo(60).flatMap((uid) => (uid % 4 === 2 ? [] : [`${uid} ${became[uid % 4]}`])),
    );
  });
}
