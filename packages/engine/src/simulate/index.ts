export * as figures from './figures.ts';
export { LIMIT_KINDS, type Limit, type LimitKind } from './limit.ts';
export { type Company, mailboxSizes } from './mailbox-sizes.ts';
export { grainOf, type Simulation, simulate } from './simulate.ts';
export { type WorkersThatPay, workersThatPay } from './workers-that-pay.ts';
export type { SimFleet, SimMailbox, SimServer, World } from './world.ts';
export { worldOfPlan } from './world-of-plan.ts';
