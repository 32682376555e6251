export { describeJobEngine } from './contract/job-engine.contract.ts';
export { describeJobQueue } from './contract/job-queue.contract.ts';
