export type { Address } from './endpoints.ts';
export { type LogOptions, type WorkerLog, workerLog } from './log.ts';
export { defaultPlaces, type ProjectServers, type ServerRoom } from './places.ts';
export { runWorker, type WorkerOptions, type WorkerPorts } from './run-worker.ts';
