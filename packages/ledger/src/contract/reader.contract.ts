import type { LedgerReader } from '@mxodus/model';
import { expect, it } from 'vitest';
import { ANN, type On, startPass, store } from './opened-ledger.ts';
import { buckets, refused, status } from './rows.ts';

const viewOf = async (reader: LedgerReader) => ({
  lastPasses: await reader.lastPasses(),
  folders: await reader.folders(),
  counts: await reader.counts(),
  alterations: await reader.alterations(),
  notMoved: await reader.notMoved(),
  waits: await reader.waits(),
});

export function describeReader(on: On): void {
  it('sees what is written, as soon as it is, while the ledger is open', async () => {
    const opened = on();
    const { ledger, mailbox, folder, pass } = opened;
    const reader = await opened.store.read();
    expect(reader).not.toBeNull();
    if (reader === null) return;
    await store(opened, folder, [1, 2]);
    await ledger.noteExpunged(folder, [2]);
    await ledger.settle(folder, pass, [refused(3, 'failed')]);
    await ledger.addAlterations(pass, folder, [{ uid: 1, what: 'keyword dropped', why: 'refused' }]);
    await ledger.finishFolder(folder, {
      status: status(),
      buckets: buckets({ moved_now: 1, failed: 1 }),
      destination: { uidValidity: 12, uidNext: 102, messages: 1 },
    });
    await ledger.noteWait(mailbox, { why: 'throttled', until: null });
    const view = await viewOf(reader);
    expect(view).toEqual(await viewOf(ledger));
    expect(view.counts).toEqual([{ address: ANN.address, intent: 0, stored: 1, cannot: 0, failed: 1 }]);
    expect(view.waits).toHaveLength(1);
    expect(view.folders).toMatchObject([{ address: ANN.address, destinationFinished: { uidNext: 102, messages: 1 } }]);
    await ledger.noteWait(mailbox, null);
    expect(await reader.waits()).toEqual([]);
    await reader.close();
    expect(await ledger.countListed(folder)).toBe(2);
  });

  it('shows a mailbox with the destination it was opened for last', async () => {
    const { ledger, mailbox, folder, pass } = on();
    await ledger.settle(folder, pass, [refused(1, 'failed')]);
    const other = await ledger.openMailbox({ ...ANN, destination: 'm365' });
    expect(await ledger.notMoved()).toEqual([]);
    expect(await ledger.lastPasses()).toEqual([]);
    expect(await ledger.openMailbox({ ...ANN, destination: 'm365' })).toBe(other);
    expect(await ledger.openMailbox(ANN)).toBe(mailbox);
    expect(await ledger.openMailbox(ANN)).toBe(mailbox);
    expect(await ledger.notMoved()).toEqual([
      { address: ANN.address, folder: 'INBOX', uid: 1, state: 'failed', bytes: 1001, reason: 'NO Mailbox is full' },
    ]);
  });

  it('keeps an alteration once, for a message or for the folder', async () => {
    const { ledger, mailbox, folder, pass } = on();
    const dropped = { uid: 4, what: 'keyword $Label dropped', why: 'not permitted' };
    const renamed = { uid: null, what: 'renamed to a_b', why: '"/" is forbidden' };
    await ledger.addAlterations(pass, folder, [dropped, renamed]);
    await ledger.addAlterations(await startPass(ledger, mailbox), folder, [renamed, dropped]);
    const row = { address: ANN.address, folder: 'INBOX' };
    expect(await ledger.alterations()).toEqual([
      { ...row, ...renamed },
      { ...row, ...dropped },
    ]);
  });

  it('takes the alterations of a large batch', async () => {
    const { ledger, folder, pass } = on();
    const many = Array.from({ length: 2500 }, (_, uid) => ({ uid: uid + 1, what: 'keyword dropped', why: 'refused' }));
    await ledger.addAlterations(pass, folder, many);
    expect(await ledger.alterations()).toHaveLength(2500);
  });
}
