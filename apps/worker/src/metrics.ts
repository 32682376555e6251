import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** How a slice of a job was left; `failed`: its handler threw, and the job is over. */
export type SliceName = 'done' | 'later' | 'after' | 'failed';

export type WriteName = 'intents' | 'settle' | 'adopt' | 'folder';

/** What a worker counts. Labels are names of the config and words of ours, never an address. */
export interface Metrics {
  jobStarted(): void;
  jobLeft(how: SliceName): void;
  readonly running: number;
  moved(project: string, of: { messages: number; bytes: number }): void;
  mailboxEnded(project: string, exitCode: number): void;
  waited(project: string): void;
  leaseHeld(): void;
  leaseReleased(): void;
  leaseLost(): void;
  ledgerWrite(what: WriteName, seconds: number): void;
  /** In the format of Prometheus, with its content type. */
  text(): Promise<{ body: string; type: string }>;
}

/** @param version of mxodus, in a metric of its own */
export function workerMetrics(version: string): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const info = new Gauge({
    name: 'mxodus_worker_info',
    help: 'the worker; always 1',
    labelNames: ['version'],
    registers,
  });
  info.set({ version }, 1);
  const running = new Gauge({ name: 'mxodus_jobs_running', help: 'jobs this worker has now', registers });
  const slices = counter('mxodus_slices_total', 'slices of jobs, by how they were left', ['end']);
  const jobs = counter('mxodus_jobs_ended_total', 'jobs that are over, by whether their handler failed', ['result']);
  const messages = counter('mxodus_messages_moved_total', 'messages stored at the destination', ['project']);
  const bytes = counter('mxodus_bytes_moved_total', 'bytes of those messages', ['project']);
  const mailboxes = counter('mxodus_mailboxes_ended_total', 'mailboxes of runs, by exit code', [
    'project',
    'exit_code',
  ]);
  const waits = counter('mxodus_waits_total', 'waits for a server or a free connection of it', ['project']);
  const leases = new Gauge({ name: 'mxodus_leases_held', help: 'leases this worker holds', registers });
  const lost = counter('mxodus_leases_lost_total', 'leases that ran out before they were released', []);
  const writes = new Histogram({
    name: 'mxodus_ledger_write_seconds',
    help: 'how long a write of the ledger took',
    labelNames: ['write'],
    buckets: [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
    registers,
  });
  let now = 0;

  function counter(name: string, help: string, labelNames: string[]): Counter {
    return new Counter({ name, help, labelNames, registers });
  }

  return {
    jobStarted: () => {
      now += 1;
      running.set(now);
    },
    jobLeft: (how) => {
      now -= 1;
      running.set(now);
      slices.inc({ end: how });
      if (how === 'done' || how === 'failed') jobs.inc({ result: how });
    },
    get running() {
      return now;
    },
    moved: (project, of) => {
      messages.inc({ project }, of.messages);
      bytes.inc({ project }, of.bytes);
    },
    mailboxEnded: (project, exitCode) => mailboxes.inc({ project, exit_code: String(exitCode) }),
    waited: (project) => waits.inc({ project }),
    leaseHeld: () => leases.inc(),
    leaseReleased: () => leases.dec(),
    leaseLost: () => lost.inc(),
    ledgerWrite: (write, seconds) => writes.observe({ write }, seconds),
    text: async () => ({ body: await registry.metrics(), type: registry.contentType }),
  };
}
