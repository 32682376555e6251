import { expect, it } from 'vitest';
import { fleetJobOf, jobIdOf } from './job-ids.ts';

it('names a task and the groups of its folders, and knows what is neither', () => {
  expect(fleetJobOf(jobIdOf(12))).toEqual({ taskId: 12, group: null });
  expect(fleetJobOf(jobIdOf(12, 3))).toEqual({ taskId: 12, group: 3 });
  for (const id of ['12', 't', 'x12', 't12-', 't12-f', 't12-f3-f4', 't-1']) expect(fleetJobOf(id)).toBeNull();
});
