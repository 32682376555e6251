import { expect, it } from 'vitest';
import { describeJobEngine } from '../contract.ts';
import { inlineEngine } from './inline-engine.ts';

describeJobEngine('inline', inlineEngine);

const never = new AbortController().signal;

it('starts jobs in their order, whatever their ids are', async () => {
  const jobs = Array.from({ length: 30 }, (_, index) => ({ id: `${index}@old.example`, connections: { new: 1 } }));
  const ran: string[] = [];
  await inlineEngine({ new: 7 }).run(jobs, async ({ id }) => void ran.push(id), never);
  expect(ran).toEqual(jobs.map(({ id }) => id));
});

it('refuses a job for a server it was not told about', async () => {
  const job = { id: 'ann', connections: { nowhere: 1 } };
  const run = inlineEngine({ new: 1 }).run([job], async () => undefined, never);
  await expect(run).rejects.toThrow('which has no limit');
});
