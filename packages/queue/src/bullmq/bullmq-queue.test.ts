import { afterAll, beforeAll } from 'vitest';
import { describeJobEngine, describeJobQueue } from '../contract.ts';
import { engineOf } from '../inline/engine-of.ts';
import { startQueues, type TestQueues } from './queues.test.support.ts';

let queues: TestQueues;
beforeAll(async () => {
  queues = await startQueues();
});
afterAll(() => queues.close());

describeJobQueue('bullmq', (connections) => queues.open(queues.newFleet(), { new: connections }));

describeJobEngine('bullmq', (limits) => engineOf(() => queues.open(queues.newFleet(), limits), { atOnce: 9 }));
