import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type FleetStore,
  type FleetWorker,
  type JobHandler,
  type JobQueue,
  type JobSlice,
  MxodusError,
  type ReservationMemory,
  type SliceEnd,
} from '@mxodus/model';
import { type ByteBudget, type FleetPorts, type FleetProject, fleetFeeder, fleetHandler } from '@mxodus/runner';
import { type Address, serveEndpoints } from './endpoints.ts';
import type { WorkerLog } from './log.ts';
import { measuredStore } from './measured-store.ts';
import { type Metrics, workerMetrics } from './metrics.ts';
import { Readiness, type Service } from './readiness.ts';

export interface WorkerPorts {
  store: FleetStore;
  queue: JobQueue;
  reservations: ReservationMemory;
  /** Resolves when the queue's server answered. */
  pingQueue(): Promise<void>;
  /** null: it is none of this worker's. */
  project(name: string): FleetProject | null;
  /** Of message bytes in memory, over all jobs. */
  budget: ByteBudget;
  /** How long a lease lasts without being renewed. */
  leaseMs: number;
  log: WorkerLog;
}

export interface WorkerOptions {
  /** Letters, digits and `-`; another one with each start. */
  id: string;
  version: string;
  projects: readonly string[];
  atOnce: number;
  listen: Address;
  /** Stop: finish what is in flight, then return. */
  stop: AbortSignal;
  /** Return at once: what is in flight is given up, and found by who takes it over. */
  giveUp: AbortSignal;
}

const HEARTBEAT_MS = 5000;
/** After one that failed, and how long an answer is waited for. */
const AGAIN_MS = 1000;
const ANSWER_MS = 5000;
/** From the signal to the exit are 30 s at most: the jobs have most of it. */
const GRACE_MS = 23_000;
/** What Redis may take to hear of jobs that were left undone; where it is away, their locks run out by themselves. */
const PUT_BACK_MS = 5000;
const LAST_WORDS_MS = 1500;

/**
 * Takes jobs until it is stopped.
 *
 *   starting   its address is taken, the services answered once    taking jobs
 *   ready      takes jobs; /readyz says whether the services       stopping
 *              answer: it goes on when they do again
 *   stopping   takes nothing more; slices end at the next safe     gone
 *              point; what has not after 23 s is given up, and its
 *              leases run out by themselves
 *
 * Throws USAGE when its address is taken, and what the first heartbeat and the first question to Redis throw.
 */
export async function runWorker(ports: WorkerPorts, options: WorkerOptions): Promise<void> {
  const { log } = ports;
  const metrics = workerMetrics(options.version);
  const store = measuredStore(ports.store, metrics);
  const readiness = new Readiness(['redis', 'postgres']);
  const { queue, project, budget, leaseMs } = ports;
  const emit: FleetPorts['emit'] = (event, of) => {
    if (event.type === 'waiting' && !event.over) metrics.waited(of.project);
  };
  const handler = fleetHandler({ store, project, worker: options.id, budget, leaseMs, log, emit });
  const feeder = fleetFeeder({ store, project, log, queue, projects: options.projects });
  const endpoints = await serveEndpoints(options.listen, {
    notReady: () => readiness.reason(performance.now()),
    metrics: () => metrics.text(),
    onError: (error) => log.trouble({}, error, 'an endpoint failed'),
  });
  const over = new AbortController();
  try {
    const memory = await ports.reservations.memory();
    readiness.answered('redis', performance.now());
    const self = { ...selfOf(options), memory };
    const beat = (): Promise<void> => store.runs.seen({ ...self, running: metrics.running });
    await beat();
    readiness.answered('postgres', performance.now());
    if (await isWhole(store, { memory, leaseMs })) await ports.reservations.trust(memory);
    else
      log.info(
        { up_to_ms: leaseMs },
        'another Redis than that of workers that may still be connected: they are waited for',
      );
    const until = AbortSignal.any([options.stop, options.giveUp]);
    const watching = [
      watch('postgres', beat, { readiness, log, signal: over.signal }),
      watch('redis', () => ports.pingQueue(), { readiness, log, signal: over.signal }),
    ];
    const feeding = feeder.run(until);
    const worker = queue.work(counted(handler, { metrics, log }), { atOnce: options.atOnce });
    const { projects, atOnce, version } = options;
    log.info({ listen: endpoints.address, projects, at_once: atOnce, version, pid: process.pid }, 'ready');
    let bug: unknown;
    await Promise.race([aborted(until), feeding]).catch((error: unknown) => {
      bug = error;
    });
    readiness.stopping();
    log.info({ running: metrics.running }, 'stopping: finishing what is in flight');
    await Promise.race([worker.stop(GRACE_MS), aborted(options.giveUp), idle(metrics, over.signal), pause(GRACE_MS)]);
    if (metrics.running > 0) log.warn({ running: metrics.running }, 'given up: their leases run out by themselves');
    over.abort();
    const rest = Promise.all([feeding.catch(() => undefined), ...watching]);
    await Promise.race([rest, pause(LAST_WORDS_MS)]);
    await leave(store, { id: options.id, log });
    if (bug !== undefined) throw bug;
    log.info({}, 'stopped');
  } finally {
    over.abort();
    await endpoints.close();
  }
}

/**
 * The memory of a new Redis, or of one that was emptied while no worker lived, lacks nothing: whoever may hold connections now, found it as
 * it is when he started. He said so before he took a job, and who is not heard of for so long holds nothing any more.
 */
async function isWhole(store: FleetStore, { memory, leaseMs }: { memory: string; leaseMs: number }): Promise<boolean> {
  const alive = await store.runs.workers(Math.max(leaseMs, 3 * HEARTBEAT_MS));
  return alive.every((worker) => worker.memory === memory);
}

const selfOf = ({
  id,
  version,
  projects,
  atOnce,
}: WorkerOptions): Omit<FleetWorker, 'seenAt' | 'running' | 'memory'> => ({
  ...{ id, version, projects, atOnce },
  host: hostname(),
  pid: process.pid,
  startedAt: new Date().toISOString(),
});

/** Counts what becomes of the jobs, and says it in the log. */
function counted(handler: JobHandler, { metrics, log }: { metrics: Metrics; log: WorkerLog }): JobHandler {
  return async (slice: JobSlice): Promise<SliceEnd> => {
    const started = performance.now();
    const fields = () => ({ job: slice.id, ms: Math.round(performance.now() - started) });
    metrics.jobStarted();
    try {
      const end = await handler(slice);
      metrics.jobLeft(end.kind);
      log.info({ ...fields(), end: end.kind, ...(end.kind === 'later' ? { again_in_ms: end.inMs } : {}) }, 'slice');
      return end;
    } catch (error) {
      metrics.jobLeft('failed');
      log.trouble(fields(), error, 'a job failed');
      throw error;
    }
  };
}

/** Resolves when no job has been running for a while. */
async function idle(metrics: Metrics, signal: AbortSignal): Promise<void> {
  while (metrics.running > 0 && !signal.aborted) await pause(100);
  await pause(PUT_BACK_MS, undefined, { signal }).catch(() => undefined);
}

/** Asks a service again and again; says when it fell silent, and when it is back. */
async function watch(
  service: Service,
  ask: () => Promise<void>,
  { readiness, log, signal }: { readiness: Readiness; log: WorkerLog; signal: AbortSignal },
): Promise<void> {
  let isSilent = false;
  while (!signal.aborted) {
    await pause(isSilent ? AGAIN_MS : HEARTBEAT_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    try {
      await inTime(service, ask(), ANSWER_MS);
      readiness.answered(service, performance.now());
      if (isSilent) log.info({ service }, 'answers again');
      isSilent = false;
    } catch (error) {
      readiness.silent(service, error instanceof MxodusError ? error.code : 'no answer');
      if (!isSilent) log.trouble({ service }, error, 'does not answer');
      isSilent = true;
    }
  }
}

async function inTime(service: Service, answer: Promise<void>, ms: number): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(noAnswer(service, ms)), ms);
  try {
    await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

const noAnswer = (service: Service, ms: number): MxodusError =>
  new MxodusError(service === 'redis' ? 'QUEUE_UNREACHABLE' : 'LEDGER_UNREACHABLE', {
    what: `${service === 'redis' ? 'Redis' : 'PostgreSQL'} did not answer`,
    why: `nothing came back within ${ms / 1000} s`,
    advice: 'look whether it runs and can be reached; the worker goes on when it can',
  });

/** So that nobody counts on it until its last heartbeat is old. */
async function leave(store: FleetStore, { id, log }: { id: string; log: WorkerLog }): Promise<void> {
  try {
    await inTime('postgres', store.runs.left(id), LAST_WORDS_MS);
  } catch (error) {
    log.trouble({}, error, 'could not say that it leaves; its last heartbeat will be old soon');
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
