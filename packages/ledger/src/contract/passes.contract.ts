import { expect, it } from 'vitest';
import { ANN, BOB, type On, reopen, startPass } from './opened-ledger.ts';
import { buckets } from './rows.ts';

const RESULT = {
  exitCode: 3,
  sourceMessages: 5,
  buckets: buckets({ moved_now: 4, failed: 1 }),
  destinationWrites: 2,
  bytes: 4000,
  flagsChanged: 1,
  error: 'CONNECTION_LOST',
  finishedAt: '2026-11-22T13:05:00Z',
};
const COMPLETE = { ...RESULT, error: null };
const THROTTLED = { why: 'the server asked for a pause', until: '2026-11-22T13:10:00Z' };

export function describePasses(on: On): void {
  it('shows the last pass of each mailbox, and the last complete one where that is another', async () => {
    const { ledger, mailbox, pass } = on();
    await ledger.finishPass(pass, COMPLETE);
    await ledger.finishPass(await startPass(ledger, mailbox), RESULT);
    const second = await startPass(ledger, mailbox);
    const third = await startPass(ledger, await ledger.openMailbox(BOB));
    const passes = await ledger.lastPasses();
    expect(passes.map(({ id, address, finishedAt }) => [id, address, finishedAt !== null])).toEqual([
      [pass, ANN.address, true],
      [second, ANN.address, false],
      [third, BOB.address, false],
    ]);
    expect(passes[0]).toEqual({
      ...COMPLETE,
      id: pass,
      address: ANN.address,
      kind: 'sync',
      startedAt: '2026-11-22T13:00:00Z',
    });
  });

  it('shows the last pass once when it is complete', async () => {
    const { ledger, mailbox, pass } = on();
    await ledger.finishPass(pass, RESULT);
    const last = await startPass(ledger, mailbox);
    await ledger.finishPass(last, COMPLETE);
    expect((await ledger.lastPasses()).map(({ id }) => id)).toEqual([last]);
  });

  it('finishes a pass once', async () => {
    const { ledger, pass } = on();
    await ledger.finishPass(pass, COMPLETE);
    await expect(ledger.finishPass(pass, RESULT)).rejects.toMatchObject({ code: 'INVARIANT' });
    await expect(ledger.finishPass(999, RESULT)).rejects.toMatchObject({ code: 'INVARIANT' });
    expect(await ledger.lastPasses()).toMatchObject([{ error: null }]);
  });

  it('shows what a mailbox waits for until it no longer waits', async () => {
    const opened = on();
    const { mailbox } = opened;
    expect(await opened.ledger.waits()).toEqual([]);
    await opened.ledger.noteWait(mailbox, THROTTLED);
    await reopen(opened);
    expect(await opened.ledger.waits()).toEqual([{ address: ANN.address, ...THROTTLED }]);
    await opened.ledger.noteWait(mailbox, { why: 'all connections are in use', until: null });
    expect(await opened.ledger.waits()).toEqual([
      { address: ANN.address, why: 'all connections are in use', until: null },
    ]);
    await opened.ledger.noteWait(mailbox, null);
    expect(await opened.ledger.waits()).toEqual([]);
  });

  it('shows the waits of each mailbox whose pass is running', async () => {
    const { ledger, mailbox, pass } = on();
    const bob = await ledger.openMailbox(BOB);
    await startPass(ledger, bob);
    await ledger.noteWait(bob, THROTTLED);
    await ledger.noteWait(mailbox, THROTTLED);
    expect((await ledger.waits()).map(({ address }) => address)).toEqual([ANN.address, BOB.address]);
    await ledger.finishPass(pass, RESULT);
    expect((await ledger.waits()).map(({ address }) => address)).toEqual([BOB.address]);
    await ledger.openMailbox({ ...BOB, destination: 'm365' });
    expect(await ledger.waits()).toEqual([]);
  });

  it('has no wait of a mailbox whose pass is over, nor of a pass before', async () => {
    const { ledger, mailbox, pass } = on();
    await ledger.noteWait(mailbox, THROTTLED);
    await ledger.finishPass(pass, COMPLETE);
    await ledger.noteWait(mailbox, THROTTLED);
    expect(await ledger.waits()).toEqual([]);
    const killed = await startPass(ledger, mailbox);
    await ledger.noteWait(mailbox, THROTTLED);
    expect(await ledger.waits()).toHaveLength(1);
    expect(await startPass(ledger, mailbox)).toBeGreaterThan(killed);
    expect(await ledger.waits()).toEqual([]);
    await ledger.noteWait(await ledger.openMailbox(BOB), THROTTLED);
    expect(await ledger.waits()).toEqual([]);
  });
}
