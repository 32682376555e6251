import { describeJobQueue } from '../contract.ts';
import { inlineQueue } from './inline-queue.ts';

describeJobQueue('inline', (connections) => inlineQueue({ new: connections }));
