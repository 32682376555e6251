import type { MovedMessage } from '@mxodus/model';
import { expect, it } from 'vitest';
import { ANN, BOB, INBOX, type On, type OpenedLedger, reopen } from './opened-ledger.ts';
import { adoption, buckets, intent, refused, stored } from './rows.ts';

/** Passes begin a minute after one another. */
const minute = (count: number): number => Date.parse('2026-12-05T20:00:00.000Z') + count * 60_000;

const DRAINS = ['drain', 'sync'];

async function passAt({ ledger, mailbox }: OpenedLedger, at: number, kind: string, of = mailbox): Promise<number> {
  return ledger.startPass(of, { kind, planSha256: 'abc', startedAt: new Date(minute(at)).toISOString() });
}

async function send({ ledger }: OpenedLedger, folder: number, pass: number, uids: readonly number[]): Promise<void> {
  const intents = uids.map((uid) => intent(uid, { internalDate: minute(uid) }));
  await ledger.writeIntents(folder, pass, intents);
  const settled = uids.map((uid) => stored(uid));
  await ledger.settle(folder, pass, settled);
}

async function finish({ ledger }: OpenedLedger, pass: number, moved: number): Promise<void> {
  await ledger.finishPass(pass, {
    exitCode: 0,
    sourceMessages: 9,
    buckets: buckets({ moved_now: moved }),
    destinationWrites: moved,
    bytes: 0,
    flagsChanged: 0,
    error: null,
    finishedAt: '2026-12-05T23:00:00.000Z',
  });
}

const places = (rows: readonly MovedMessage[]): string[] =>
  rows.map(({ address, folder, uidValidity, uid }) => `${address} ${folder} ${uidValidity} ${uid}`);

export function describeMovedBy(on: On): void {
  it('names each message where it was at the source, by the kind and the time of the pass', async () => {
    const opened = on();
    const { ledger, mailbox, folder } = opened;
    const { id: sent } = await ledger.openFolder(mailbox, { ...INBOX, source: 'Sent' });
    const final = await passAt(opened, 0, 'final');
    await send(opened, folder, final, [1, 2]);
    await finish(opened, final, 2);
    const first = await passAt(opened, 1, 'drain');
    await send(opened, folder, first, [3]);
    await send(opened, sent, first, [1]);
    await finish(opened, first, 2);
    const second = await passAt(opened, 2, 'drain');
    await send(opened, folder, second, [4]);
    await ledger.noteExpunged(folder, [4]);
    await finish(opened, second, 1);
    const third = await passAt(opened, 3, 'sync');
    await send(opened, folder, third, [5]);
    await finish(opened, third, 1);
    const bob = await ledger.openMailbox(BOB);
    const { id: inboxOfBob } = await ledger.openFolder(bob, INBOX);
    const passOfBob = await passAt(opened, 3, 'drain', bob);
    await send(opened, inboxOfBob, passOfBob, [1]);
    await finish(opened, passOfBob, 1);

    const all = await ledger.movedBy({ kinds: DRAINS, since: minute(1) });
    const [ann, other] = [ANN.address, BOB.address];
    expect(places(all)).toEqual([
      ...[`${ann} INBOX 7 3`, `${ann} INBOX 7 4`, `${ann} INBOX 7 5`, `${ann} Sent 7 1`, `${other} INBOX 7 1`],
    ]);
    expect(all[0]).toEqual({ address: ann, folder: 'INBOX', uidValidity: 7, uid: 3, internalDate: minute(3) });
    expect(places(await ledger.movedBy({ kinds: ['drain'], since: minute(2) }))).toEqual([
      ...[`${ann} INBOX 7 4`, `${other} INBOX 7 1`],
    ]);
    expect(places(await ledger.movedBy({ kinds: ['final'], since: minute(0) }))).toEqual([
      ...[`${ann} INBOX 7 1`, `${ann} INBOX 7 2`],
    ]);
    expect(await ledger.movedBy({ kinds: DRAINS, since: minute(4) })).toEqual([]);
    const reader = await opened.store.read();
    expect(await reader?.movedBy({ kinds: DRAINS, since: minute(1) })).toEqual(all);
    await reader?.close();
  });

  it('leaves out what a pass found there, refused, or knew from an earlier pass', async () => {
    const opened = on();
    const { ledger, folder } = opened;
    const drain = await passAt(opened, 1, 'drain');
    await ledger.writeIntents(folder, drain, [intent(5)]);
    await ledger.settle(folder, drain, [refused(1, 'cannot'), refused(2, 'failed')]);
    await ledger.adopt(folder, drain, [adoption(3), adoption(4, { found: false })]);
    await send(opened, folder, drain, [6]);
    await finish(opened, drain, 1);
    const moved = await ledger.movedBy({ kinds: DRAINS, since: minute(1) });
    expect(moved.map(({ uid }) => uid)).toEqual([6]);
  });

  it('knows what a pass that was killed had sent, and what only a later pass got through', async () => {
    const opened = on();
    const { ledger, folder } = opened;
    const final = await passAt(opened, 0, 'final');
    await send(opened, folder, final, [1]);
    await finish(opened, final, 1);
    const killed = await passAt(opened, 1, 'drain');
    await ledger.settle(folder, killed, [refused(2, 'failed')]);
    await send(opened, folder, killed, [3]);
    await ledger.writeIntents(folder, killed, [intent(4)]);
    await reopen(opened);
    const next = await passAt(opened, 2, 'drain');
    await opened.ledger.settle(folder, next, [stored(4)]);
    await send(opened, folder, next, [2]);
    await finish(opened, next, 2);
    const uids = async (since: number): Promise<number[]> =>
      (await opened.ledger.movedBy({ kinds: DRAINS, since })).map(({ uid }) => uid);
    expect(await uids(minute(1))).toEqual([2, 3, 4]);
    expect(await uids(minute(2))).toEqual([2, 4]);
  });

  it('still knows it under another UIDVALIDITY', async () => {
    const opened = on();
    const { ledger, mailbox, folder } = opened;
    const drain = await passAt(opened, 1, 'drain');
    await send(opened, folder, drain, [1]);
    const { id: anew } = await ledger.openFolder(mailbox, { ...INBOX, uidValidity: 8 });
    await send(opened, anew, drain, [1]);
    const moved = await ledger.movedBy({ kinds: DRAINS, since: minute(1) });
    expect(places(moved)).toEqual([`${ANN.address} INBOX 7 1`, `${ANN.address} INBOX 8 1`]);
  });
}
