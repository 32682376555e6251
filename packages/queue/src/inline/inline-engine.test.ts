import { expect, it } from 'vitest';
import { describeJobEngine } from '../contract.ts';
import { inlineEngine } from './inline-engine.ts';

describeJobEngine('inline', inlineEngine);

it('refuses a job for a server it was not told about', async () => {
  const job = { id: 'ann', connections: { nowhere: 1 } };
  const run = inlineEngine({ new: 1 }).run([job], async () => undefined, new AbortController().signal);
  await expect(run).rejects.toThrow('which has no limit');
});
