import { MxodusError } from '@mxodus/model';
import { redisTrouble } from '../redis/redis-trouble.ts';

/** What went wrong, and with which job, where it was one. What the handlers threw comes as it was. */
export type TroubleListener = (error: unknown, jobId: string | null) => void;

/** While Redis is away every connection says so again and again. */
const QUIET_MS = 5000;

/** BullMQ's answers when Redis does not know the job, or its lock (finished-errors). */
const GONE: ReadonlySet<unknown> = new Set([-1, -2, -3, -5, -6]);

export class QueueTrouble {
  readonly #listener: TroubleListener;
  #saidAway = Number.NEGATIVE_INFINITY;

  constructor(listener: TroubleListener) {
    this.#listener = listener;
  }

  /** Something of ours failed at Redis. */
  tell(error: unknown, jobId: string | null = null): void {
    const known = knownTrouble(error, jobId);
    if (known instanceof MxodusError && known.code === 'QUEUE_UNREACHABLE') {
      if (performance.now() < this.#saidAway + QUIET_MS) return;
      this.#saidAway = performance.now();
    }
    this.#listener(known, jobId);
  }

  /** A handler threw. */
  failed(error: unknown, jobId: string): void {
    this.#listener(error, jobId);
  }
}

function knownTrouble(error: unknown, jobId: string | null): unknown {
  if (!(error instanceof Error)) return error;
  const code: unknown = Reflect.get(error, 'code');
  if (GONE.has(code)) return forgotten(jobId, error.message);
  const isSystems = typeof code === 'string' && /^E[A-Z]/.test(code);
  return isSystems || /^(Connection is closed|Command timed out)/.test(error.message) ? redisTrouble(error) : error;
}

const forgotten = (jobId: string | null, words: string): MxodusError =>
  new MxodusError('LEASE_LOST', {
    what: `the queue no longer counts ${jobId === null ? 'a job' : `job ${jobId}`} as this worker's`,
    why: `Redis lost its memory, or the job's lock ran out (${words})`,
    advice: 'nothing: the ledger knows what was done, and what is not done comes back',
  });
