import { type FaultProxy, startFaultProxy } from '@mxodus/lab';
import { afterEach, describe, expect, it } from 'vitest';
import { type Journey, startJourney, summaryOf } from '../journey.ts';

let journey: Journey;
let proxy: FaultProxy;
afterEach(async () => {
  await journey.stop();
  await proxy.stop();
});

const CAPABILITIES = [
  ['MULTIAPPEND and LITERAL+', undefined],
  ['LITERAL+ alone', 'IMAP4rev1 LITERAL+ UIDPLUS'],
  ['no extension', 'IMAP4rev1'],
] as const;

async function start(capability: string | undefined): Promise<void> {
  journey = await startJourney({
    users: ['ann'],
    seed: { messagesPerUser: 260, seed: 5, largestBytes: 3_000_000, bigMessages: 1 },
    new: capability === undefined ? {} : { capability },
    newPort: async (port) => {
      proxy = await startFaultProxy({ target: { host: '127.0.0.1', port } });
      return proxy.port;
    },
  });
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
}

describe.each(CAPABILITIES)('with %s', (_, capability) => {
  it('nothing is lost or doubled when the line is cut after APPEND was stored and before its OK', async () => {
    await start(capability);
    for (const nth of [1, 3, 5]) proxy.cutAfterClientSends(/^APPEND/, { nth });
    await syncUntilDone();
    expect(await journey.differences()).toEqual([]);
  });

  it('nothing is lost or doubled when the line is cut inside APPEND, before it, and at every other step', async () => {
    await start(capability);
    proxy.cutInsideCommand(/^APPEND/, 700, { nth: 2 });
    proxy.cutBeforeServerSees(/^APPEND/, { nth: 6 });
    proxy.cutBeforeServerSees(/^CREATE/, { nth: 3 });
    proxy.cutAfterClientSends(/^SUBSCRIBE/, { nth: 4 });
    await syncUntilDone();
    expect(await journey.differences()).toEqual([]);
  });
});

/** The same command until it says that all is moved; then once more, which must send nothing. */
async function syncUntilDone(): Promise<void> {
  let last = summaryOf(await journey.run('sync', journey.plan, '--json'));
  for (let pass = 1; last.exit_code !== 0 && pass < 8; pass += 1)
    last = summaryOf(await journey.run('sync', journey.plan, '--json'));
  expect(last).toMatchObject({ exit_code: 0, buckets: { failed: 0, in_doubt: 0 } });
  expect(summaryOf(await journey.run('sync', journey.plan, '--json'))).toMatchObject({
    exit_code: 0,
    destination_writes: 0,
  });
}
