import { expect, it } from 'vitest';
import { INBOX, type On, reopen } from './opened-ledger.ts';
import { buckets, refused, status } from './rows.ts';

export function describeFolders(on: On): void {
  const finished = { status: status(), buckets: buckets({ moved_now: 3 }) };

  it('is the same folder when it is opened again, as it was finished last', async () => {
    const opened = on();
    const { folder, mailbox } = opened;
    expect(await opened.ledger.openFolder(mailbox, INBOX)).toEqual({
      id: folder,
      ...INBOX,
      destinationUidValidity: null,
      finished: null,
      destinationFinished: null,
      buckets: null,
    });
    const destination = { uidValidity: 12, uidNext: 104, messages: 3 };
    await opened.ledger.finishFolder(folder, { ...finished, destination });
    await reopen(opened);
    const row = {
      id: folder,
      ...INBOX,
      destinationUidValidity: 12,
      finished: status(),
      destinationFinished: { uidNext: 104, messages: 3 },
      buckets: buckets({ moved_now: 3 }),
    };
    expect(await opened.ledger.openFolder(mailbox, INBOX)).toEqual(row);
    await opened.ledger.finishFolder(folder, { ...finished, destination });
    expect(await opened.ledger.openFolder(mailbox, INBOX)).toEqual(row);
  });

  it('is finished anew by each pass', async () => {
    const { ledger, mailbox, folder } = on();
    const destination = { uidValidity: 12, uidNext: 104, messages: 3 };
    await ledger.finishFolder(folder, { ...finished, destination });
    const later = status({ messages: 4, uidNext: 12, highestModseq: null, bytes: 2 ** 40 });
    const then = buckets({ moved_before: 3, failed: 1 });
    await ledger.finishFolder(folder, { status: later, buckets: then, destination: { ...destination, messages: 2 } });
    expect(await ledger.openFolder(mailbox, INBOX)).toMatchObject({
      finished: later,
      destinationFinished: { uidNext: 104, messages: 2 },
      buckets: then,
    });
  });

  it('can be finished without a folder at the destination', async () => {
    const { ledger, mailbox, folder } = on();
    await ledger.finishFolder(folder, { ...finished, destination: { uidValidity: 12, uidNext: 104, messages: 3 } });
    await ledger.finishFolder(folder, { ...finished, destination: null });
    expect(await ledger.openFolder(mailbox, INBOX)).toMatchObject({
      destinationUidValidity: 12,
      finished: status(),
      destinationFinished: null,
    });
  });

  it('is not finished with a status of another UIDVALIDITY, nor when it is not there', async () => {
    const { ledger, mailbox, folder } = on();
    const other = { ...finished, status: status({ uidValidity: 8 }), destination: null };
    await expect(ledger.finishFolder(folder, other)).rejects.toMatchObject({ code: 'INVARIANT' });
    await expect(ledger.finishFolder(999, { ...finished, destination: null })).rejects.toMatchObject({
      code: 'INVARIANT',
    });
    expect(await ledger.openFolder(mailbox, INBOX)).toMatchObject({ finished: null });
  });

  it('is listed and reported under its UIDVALIDITY of now only', async () => {
    const { ledger, mailbox, folder, pass } = on();
    await ledger.settle(folder, pass, [refused(1, 'failed')]);
    const later = await ledger.openFolder(mailbox, { ...INBOX, uidValidity: 8 });
    await ledger.settle(later.id, pass, [refused(2, 'cannot')]);
    await ledger.addAlterations(pass, later.id, [{ uid: 2, what: 'made', why: 'so' }]);
    expect((await ledger.folders()).map(({ address, uidValidity }) => [address, uidValidity])).toEqual([
      ['ann@example.com', 8],
    ]);
    expect((await ledger.currentFolders(mailbox)).map(({ id }) => id)).toEqual([later.id]);
    expect((await ledger.notMoved()).map(({ uid }) => uid)).toEqual([2]);
    expect(await ledger.alterations()).toHaveLength(1);
    await ledger.openFolder(mailbox, INBOX);
    expect((await ledger.currentFolders(mailbox)).map(({ id }) => id)).toEqual([folder]);
    expect((await ledger.notMoved()).map(({ uid }) => uid)).toEqual([1]);
    expect(await ledger.alterations()).toEqual([]);
  });

  it('of a mailbox are listed by name, as they were finished last', async () => {
    const { ledger, mailbox, folder } = on();
    const destination = { uidValidity: 12, uidNext: 104, messages: 3 };
    await ledger.finishFolder(folder, { ...finished, destination });
    const archive = await ledger.openFolder(mailbox, { ...INBOX, source: 'Archive' });
    const other = await ledger.openMailbox({ address: 'ann@example.com', source: 'old', destination: 'm365' });
    await ledger.openFolder(other, INBOX);
    expect(await ledger.currentFolders(mailbox)).toEqual([archive, await ledger.openFolder(mailbox, INBOX)]);
  });

  it('knows the same folder under the UIDVALIDITY opened before', async () => {
    const { ledger, mailbox, folder } = on();
    expect(await ledger.earlierFolder(folder)).toBeNull();
    await ledger.openFolder(mailbox, { ...INBOX, source: 'Sent', uidValidity: 3 });
    const second = await ledger.openFolder(mailbox, { ...INBOX, uidValidity: 8 });
    const third = await ledger.openFolder(mailbox, { ...INBOX, uidValidity: 9 });
    expect(await ledger.earlierFolder(folder)).toBeNull();
    expect((await ledger.earlierFolder(second.id))?.id).toBe(folder);
    expect(await ledger.earlierFolder(third.id)).toEqual(second);
    // A restored source may bring an old UIDVALIDITY back.
    await ledger.openFolder(mailbox, INBOX);
    expect((await ledger.earlierFolder(folder))?.id).toBe(third.id);
  });
}
