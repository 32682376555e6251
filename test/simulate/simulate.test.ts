import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { runInProcess } from '../run-in-process.ts';
import { alone, splitPlan } from './sample.ts';

/** Only what ends at the first gate: the whole rehearsal takes most of a minute (faults.long.test.ts). */

test('a plan alone is rehearsed to the gate that stops it, and nothing is left behind', async () => {
  const { dir, path, remove } = await alone(splitPlan());
  try {
    const args = ['cutover', 'simulate', path, '--fault', 'recipient-refused', '--json'];
    const ended = await runInProcess({ args, dir, env: {} });
    const lines = (ended?.stdout ?? '').trim().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
      ...{ type: 'summary', command: 'cutover simulate', exit_code: 6, state: 'DRAFT' },
      ...{ lost: 0, doubled: 0, bounced: 0, faults: ['recipient-refused'], stopped: expect.stringContaining('G3') },
    });
    expect(ended?.code).toBe(6);
    expect(await readdir(dir)).toEqual(['acme.plan.json']);
  } finally {
    await remove();
  }
});

test('what it cannot do it says before a server is started', async () => {
  const { dir, path, remove } = await alone(splitPlan());
  const run = (...words: string[]) => runInProcess({ args: ['cutover', 'simulate', ...words], dir, env: {} });
  try {
    expect(await run('--list-faults')).toMatchObject({ code: 0, stdout: expect.stringContaining('third-party-edit') });
    expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('no plan was named') });
    expect(await run(path, '--fault', 'flood')).toMatchObject({ code: 2, stderr: expect.stringContaining('greylist') });
    expect(await run('none.plan.json')).toMatchObject({ code: 2, stderr: expect.stringContaining('PLAN_NOT_FOUND') });
  } finally {
    await remove();
  }
});
