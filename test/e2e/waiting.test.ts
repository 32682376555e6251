import { once } from 'node:events';
import { eventSchema, type MxodusEvent } from '@mxodus/model';
import { afterEach, expect, it } from 'vitest';
import { type Journey, startJourney, summaryOf } from '../journey.ts';

/** A mailbox that has to wait says so everywhere, stops when told to, and the day's budget outlives the process. */

let journey: Journey;
afterEach(() => journey.stop());

const MIDNIGHT = /^\d{4}-\d\d-\d\dT00:00:00\.000Z$/;

interface Line {
  type: string;
}

/** The whole ones: the last may still be on its way. */
const linesOf = (text: string): (Line & Record<string, unknown>)[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));

const waitsIn = (text: string): MxodusEvent[] =>
  linesOf(text)
    .filter(({ type }) => type === 'waiting')
    .map(({ v: _, time: __, ...event }) => eventSchema.parse(event));

async function status(): Promise<Record<string, unknown> | undefined> {
  const { stdout } = await journey.run('status', journey.plan, '--json');
  return linesOf(stdout).find(({ type }) => type === 'mailbox_status');
}

it('says until when it waits and why while the budget of the day is used up, also after a restart', async () => {
  journey = await startJourney({
    users: ['ann'],
    seed: { messagesPerUser: 300, largestBytes: 20_000, seed: 1, hostile: false },
    limits: '{ connections: 20, connections_per_mailbox: 2, bytes_per_day: 200KB }',
  });
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  for (const run of ['first', 'second']) {
    const sync = journey.spawn('sync', journey.plan, '--json');
    let stdout = '';
    sync.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    await expect.poll(() => waitsIn(stdout), { timeout: 60_000 }).not.toEqual([]);
    const why = expect.stringMatching(/^the daily budget of 200 kB for ann at (old|new) is used up$/);
    expect(waitsIn(stdout)[0]).toEqual({
      type: 'waiting',
      mailbox: 'ann@example.test',
      why,
      until: expect.stringMatching(MIDNIGHT),
      over: false,
    });
    await expect
      .poll(status, { timeout: 60_000, interval: 200 })
      .toMatchObject({ health: 'waiting', waiting: { why, until: expect.stringMatching(MIDNIGHT) } });
    const { stdout: text } = await journey.run('status', journey.plan);
    expect(text).toMatch(/waiting until \d\d:\d\d(:\d\d)? \S+, because the daily budget of 200 kB for ann/);
    sync.kill('SIGINT');
    const [code] = await once(sync, 'exit');
    expect(code).toBe(130);
    expect(waitsIn(stdout).at(-1)).toMatchObject({ over: true });
    expect(await status()).toMatchObject({ waiting: null });
    const { bytes } = summaryOf({ code, stdout, stderr: '' });
    // The budget of the first run is gone for the second.
    if (run === 'second') expect(bytes).toBe(0);
    else expect(bytes).toBeGreaterThan(0);
  }
});

it('keeps to the bytes a second of the config, and all messages arrive', async () => {
  journey = await startJourney({
    users: ['ann'],
    seed: { messagesPerUser: 60, largestBytes: 60_000, seed: 2, hostile: false },
    limits: '{ connections: 20, connections_per_mailbox: 4, bytes_per_second: 150KB }',
  });
  expect(await journey.run('plan')).toMatchObject({ code: 0 });
  const began = performance.now();
  const summary = summaryOf(await journey.run('sync', journey.plan, '--json'));
  expect(summary).toMatchObject({ exit_code: 0, buckets: { failed: 0, in_doubt: 0 } });
  // Each server carries them once; one second's worth and the last batch need not be waited for.
  const largestBatch = 1_000_000;
  expect(performance.now() - began).toBeGreaterThanOrEqual(
    ((Number(summary.bytes) - largestBatch) / 150_000 - 1) * 1000,
  );
  expect(await journey.differences()).toEqual([]);
});
